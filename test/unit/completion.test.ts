import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { helpEntries } from '../../src/common/settings/help.ts';
import { leaves } from '../../src/common/settings/schema.ts';
import { consumerSchema } from '../../src/consumer/settings.ts';
import { optionTable, wordTable } from '../../src/ctl/table.ts';
import { producerSchema } from '../../src/producer/settings.ts';
import { offered, offeredByInstalled, shellMissing } from '../helpers/completions.ts';

const project = join(import.meta.dirname, '../..');
const ctl = { name: 'ticker_ctl', ask: ['src/ctl/main.js', 'completion'] };
const producer = { name: 'port-ticker-producer', ask: ['src/producer/main.ts', '--completion'] };
const consumer = { name: 'port-ticker-consumer', ask: ['src/consumer/main.ts', '--completion'] };

const printed = new Map<string, string>();

/** The completions of a program for a shell; it is asked once. */
function script({ name, ask }: typeof ctl, shell: string): string {
  const key = `${name} ${shell}`;
  const known =
    printed.get(key) ?? execFileSync(process.execPath, [...ask, shell], { encoding: 'utf8', cwd: project });
  printed.set(key, known);
  return known;
}

type Offer = readonly [program: typeof ctl, words: readonly string[], offered: readonly string[]];

const offers: readonly Offer[] = [
  [ctl, ['--un'], ['--unignore']],
  [ctl, ['st'], ['status']],
  [ctl, ['-I', ''], ['0', '1', 'own']],
  [ctl, ['--icmp-enable', 'o'], ['own']],
  [ctl, ['completion', ''], ['bash', 'fish', 'zsh']],
  [ctl, ['--sensor', ''], []],
  [ctl, ['--skip', 'vl'], ['vlan-offload']],
  [producer, ['--xdp-m'], ['--xdp-mode']],
  [producer, ['--xdp-mode', ''], ['auto', 'driver', 'skb']],
  [producer, ['--remove', '--stay'], ['--stay-attached']],
  [consumer, ['--alert-format', 'o'], ['ocsf']],
];
/** Each with a value that is a file, and that is a device. */
const files: readonly (readonly [program: typeof ctl, option: string])[] = [
  [ctl, '--key'],
  [consumer, '--config'],
];
const devices: readonly (readonly [program: typeof ctl, option: string])[] = [
  [ctl, '-d'],
  [producer, '-d'],
];

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`${shell} completes options, words, and the values of both`, {
    skip: shellMissing(shell),
  }, async () => {
    const ask = (program: typeof ctl, ...words: string[]) =>
      offered(shell, { program: program.name, script: script(program, shell) }, words);
    for (const [program, words, expected] of offers)
      assert.deepEqual(await ask(program, ...words), expected, `${program.name} ${words.join(' ')}`);
    for (const [program, option] of files) {
      const [file = '', ...others] = await ask(program, option, join(import.meta.dirname, 'compl'));
      assert.deepEqual([basename(file), others], [basename(import.meta.filename), []]);
    }
    for (const [program, option] of devices)
      assert.ok((await ask(program, option, '')).includes('lo'), option);
  });
}

test('zsh completes at once when it finds the script among its functions', {
  skip: shellMissing('zsh'),
}, async () => {
  const completions = { program: ctl.name, script: script(ctl, 'zsh') };
  assert.deepEqual(await offeredByInstalled(completions, ['--un']), ['--unignore']);
});

for (const shell of ['bash', 'zsh', 'fish']) {
  for (const [program, options] of [
    [ctl, optionTable],
    [producer, helpEntries(leaves(producerSchema))],
    [consumer, helpEntries(leaves(consumerSchema))],
  ] as const) {
    test(`the completions of ${program.name} for ${shell} have every option and word`, () => {
      const text = script(program, shell);
      for (const { flags } of options) {
        const name = /--([a-z-]+)/.exec(flags)?.[1] ?? flags;
        assert.ok(text.includes(shell === 'fish' ? ` -l ${name} ` : `--${name}`), flags);
      }
      if (program === ctl) for (const { word } of wordTable) assert.ok(text.includes(word), word);
    });
  }
}

test('a shell that there are no completions for is wrong usage, and the others are named', () => {
  for (const [{ ask }, code] of [
    [ctl, 2],
    [producer, 64],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [...ask, 'tcsh'], {
      cwd: project,
      encoding: 'utf8',
    });
    assert.equal(stderr, 'no completions for tcsh – there are for bash, zsh, fish\n');
    assert.equal(status, code);
  }
});
