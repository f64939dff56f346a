import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { helpEntries } from '../../src/common/settings/help.ts';
import { leaves } from '../../src/common/settings/schema.ts';
import { consumerSchema } from '../../src/consumer/settings.ts';
import { optionTable, wordTable } from '../../src/ctl/table.ts';
import { producerSchema } from '../../src/producer/settings.ts';

const project = join(import.meta.dirname, '../..');
const ctl = { name: 'ticker_ctl', ask: ['src/ctl/main.js', 'completion'] };
const producer = { name: 'port-ticker-producer', ask: ['src/producer/main.ts', '--completion'] };
const consumer = { name: 'port-ticker-consumer', ask: ['src/consumer/main.ts', '--completion'] };

function script({ ask }: typeof ctl, shell: string): string {
  return execFileSync(process.execPath, [...ask, shell], { encoding: 'utf8', cwd: project });
}

/** What bash offers for the last of these words, as a completion that it has found by the program's name. */
function bashOffers(program: typeof ctl, ...words: string[]): string[] {
  const line = [program.name, ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; $(complete -p ${program.name} | sed 's/.*-F \\([^ ]*\\).*/\\1/')`;
  const print = `printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-euc', `${script(program, 'bash')}\n${ask}; ${print}`], {
    encoding: 'utf8',
  });
  return output.split('\n').filter((word) => word !== '');
}

test('bash completes options, words, and the values of both', () => {
  assert.deepEqual(bashOffers(ctl, '--un'), ['--unignore']);
  assert.deepEqual(bashOffers(ctl, 'st'), ['status']);
  assert.deepEqual(bashOffers(ctl, '-I', ''), ['0', '1', 'own']);
  assert.deepEqual(bashOffers(ctl, '--icmp-enable', 'o'), ['own']);
  assert.deepEqual(bashOffers(ctl, 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(bashOffers(ctl, '--key', join(import.meta.dirname, 'compl')), [import.meta.filename]);
  assert.ok(bashOffers(ctl, '-d', '').includes('lo'));
  assert.deepEqual(bashOffers(ctl, '--sensor', ''), []);
  assert.deepEqual(bashOffers(ctl, '--skip', 'vl'), ['vlan-offload']);
});

test('bash completes the settings of the services, and their values', () => {
  assert.deepEqual(bashOffers(producer, '--xdp'), ['--xdp-mode']);
  assert.deepEqual(bashOffers(producer, '--xdp-mode', ''), ['auto', 'driver', 'skb']);
  assert.ok(bashOffers(producer, '-d', '').includes('lo'));
  assert.deepEqual(bashOffers(producer, '--remove', '--stay'), ['--stay-attached']);
  assert.deepEqual(bashOffers(consumer, '--alert-format', 'o'), ['ocsf']);
  assert.deepEqual(bashOffers(consumer, '--config', join(import.meta.dirname, 'compl')), [
    import.meta.filename,
  ]);
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
