import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pages } from '../../scripts/man/pages.ts';
import { roff } from '../../scripts/man/roff.ts';
import { loadChecks } from '../../src/ctl/doctor/checks.ts';
import { wordTable } from '../../src/ctl/table.ts';

const checks = await loadChecks();

const project = join(import.meta.dirname, '../..');
const programs: Readonly<Record<string, string>> = {
  'port-ticker-producer': 'src/producer/main.ts',
  'port-ticker-consumer': 'src/consumer/main.ts',
  ticker_ctl: 'src/ctl/main.js',
};

/** The page as `man` shows it on a wide terminal, without bold and underlined letters; fails on any warning. */
function shown(name: string): string {
  const page = pages().find((each) => each.name === name) ?? assert.fail(`no page of ${name}`);
  const options = ['-man', '-Tutf8', '-ww', '-rLL=200n', '-P-cbou'];
  const { stdout, stderr, status } = spawnSync('groff', options, { input: roff(page), encoding: 'utf8' });
  assert.deepEqual([stderr, status], ['', 0]);
  return stdout;
}

test('there is a page for each program', () => {
  assert.deepEqual(
    pages().map(({ name }) => name),
    Object.keys(programs),
  );
});

for (const [name, script] of Object.entries(programs)) {
  test(`the page of ${name} has every option of --help, and what it says of it`, () => {
    const help = execFileSync(process.execPath, [join(project, script), '--help'], { encoding: 'utf8' });
    const page = shown(name);
    const options = Array.from(help.matchAll(/^ {2}((?:-\w, )?--[a-z-]+)/gm), ([, option = '']) => option);
    assert.ok(options.length > 20, `${options.length} options`);
    for (const option of options) assert.match(page, new RegExp(`^ +${option}(?![a-z-])`, 'm'));
    for (const [, variable = ''] of help.matchAll(/(PORT_TICKER_[A-Z_]+)/g))
      assert.ok(page.includes(variable));
    for (const [, value = ''] of help.matchAll(/default: (.*)\]$/gm))
      assert.ok(page.includes(`default: ${value}.`));
  });
}

test('the page of ticker_ctl has every command and every check of doctor', () => {
  const page = shown('ticker_ctl');
  for (const { word } of wordTable) assert.match(page, new RegExp(`^ +${word}\\b`, 'm'));
  for (const { id, doc } of checks) assert.match(page, new RegExp(`^ +${id}\\s+${doc}\\.$`, 'm'));
});

test('what roff would take for a request or an escape is text', () => {
  const paragraphs = ['.so /etc/passwd', "'tis a \\n"];
  const page = roff({ name: 'x', summary: 'does', synopsis: ['x'], sections: [{ title: 'A', paragraphs }] });
  const shownText = spawnSync('groff', ['-man', '-Tutf8', '-P-cbou'], {
    input: page,
    encoding: 'utf8',
  }).stdout;
  assert.match(shownText, /^ +\.so \/etc\/passwd$/m);
  assert.match(shownText, /^ +'tis a \\n$/m);
});
