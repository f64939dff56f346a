import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { optionTable, wordTable } from '../../src/ctl/table.ts';

const main = join(import.meta.dirname, '../../src/ctl/main.js');

function script(shell: string): string {
  return execFileSync(process.execPath, [main, 'completion', shell], { encoding: 'utf8' });
}

/** What bash offers for the last of these words. */
function bashOffers(...words: string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(ticker_ctl ${line}); COMP_CWORD=${words.length}; _ticker_ctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-euc', `${script('bash')}\n${ask}`], { encoding: 'utf8' });
  return output.split('\n').filter((word) => word !== '');
}

test('bash completes options, words, and the values of both', () => {
  assert.deepEqual(bashOffers('--un'), ['--unignore']);
  assert.deepEqual(bashOffers('st'), ['status']);
  assert.deepEqual(bashOffers('-I', ''), ['0', '1', 'own']);
  assert.deepEqual(bashOffers('--icmp-enable', 'o'), ['own']);
  assert.deepEqual(bashOffers('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(bashOffers('--key', join(import.meta.dirname, 'ctl-compl')), [import.meta.filename]);
  assert.ok(bashOffers('-d', '').includes('lo'));
  assert.deepEqual(bashOffers('--sensor', ''), []);
});

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the completions for ${shell} have every option and word`, () => {
    const text = script(shell);
    for (const { flags } of optionTable) {
      const name = /--([a-z-]+)/.exec(flags)?.[1] ?? flags;
      assert.ok(text.includes(shell === 'fish' ? ` -l ${name} ` : `--${name}`), flags);
    }
    for (const { word } of wordTable) assert.ok(text.includes(word), word);
  });
}
