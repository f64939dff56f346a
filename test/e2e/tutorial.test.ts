import assert from 'node:assert/strict';
import { join } from 'node:path';
import { lastFirst } from '../helpers/cleanup.ts';
import { examplesOf } from '../helpers/page.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { SeparateShell } from '../helpers/separate-shell.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const root = join(import.meta.dirname, '../..');

/** How long a block may be repeated until it prints what stands under it; ms. */
const patience = 60_000;

privilegedTest('the tutorial does what it says, to the letter, and leaves nothing behind', async (t) => {
  const begun = performance.now();
  const cleanup = lastFirst(t);
  const directory = temporaryDirectory('port-ticker-tutorial-');
  cleanup.after(() => directory.remove());
  const shell = new SeparateShell(cleanup, root, directory.path);

  for (const { text, expected } of examplesOf('tutorial.md')) {
    if (expected === undefined) await shell.run(text);
    else await shell.until(text, patternOf(expected), patience);
  }
  t.diagnostic(`the tutorial took ${((performance.now() - begun) / 1000).toFixed(0)} s`);

  assert.equal(await shell.run('ls /run/netns $TMPDIR'), `/run/netns:\n\n${directory.path}:`);
  assert.equal(await shell.run('findmnt --noheadings --types bpf || true'), '');
  assert.deepEqual((await shell.run('ps -e -o comm=')).split('\n'), ['bash', 'ps']);
});

/** An … of the page stands for anything, also over several lines. */
function patternOf(expected: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${expected.trim().split('…').map(literal).join('[^]*')}$`);
}
