import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { exitCodes } from '../../src/common/errors.ts';
import { startProgram } from '../helpers/program.ts';

function start(t: TestContext, trouble: string, ...more: string[]) {
  return startProgram(t, 'test/helpers/lifecycle-child.ts', ['--trouble', trouble, ...more]);
}

function closed(stdout: string): string[] {
  return Array.from(stdout.matchAll(/"msg":"(\w+) closed"/g), ([, name]) => name ?? '');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops what was started, the last first, and exits with 0`, async (t) => {
    const child = start(t, 'none');
    await child.says(/started/);
    child.kill(signal);
    assert.equal(await child.exit(), 0);
    assert.deepEqual(closed(child.stdout), ['third', 'second', 'first']);
    assert.equal(child.stderr, '');
  });
}

test('a second signal does not disturb the stop', async (t) => {
  const child = start(t, 'none');
  await child.says(/started/);
  for (let time = 0; time < 5; time += 1) child.kill('SIGTERM');
  child.kill('SIGINT');
  assert.equal(await child.exit(), 0);
  assert.deepEqual(closed(child.stdout), ['third', 'second', 'first']);
});

for (const trouble of ['later', 'reject']) {
  test(`an error ends the process in one line, with its exit code, and stops all: ${trouble}`, async (t) => {
    const child = start(t, trouble);
    assert.equal(await child.exit(), exitCodes.LOCKED);
    assert.equal(child.stderr, 'the second broke – mend it\n');
    assert.deepEqual(closed(child.stdout), ['third', 'second', 'first']);
  });
}

test('a start that fails undoes what it had started', async (t) => {
  const child = start(t, 'start');
  assert.equal(await child.exit(), exitCodes.LOCKED);
  assert.deepEqual(closed(child.stdout), ['first']);
});

test('a closer that fails does not keep the others from closing', async (t) => {
  const child = start(t, 'close');
  await child.says(/started/);
  child.kill('SIGTERM');
  assert.equal(await child.exit(), 0);
  assert.deepEqual(closed(child.stdout), ['third', 'first']);
  assert.match(child.stdout, /closing second: the second broke/);
});

test('a closer that hangs is cut off within 10 s, by name', async (t) => {
  const child = start(t, 'hang');
  await child.says(/started/);
  const begin = Date.now();
  child.kill('SIGTERM');
  assert.equal(await child.exit(), 0);
  assert.ok(Date.now() - begin < 10_000);
  assert.match(child.stdout, /second did not stop in time/);
});

test('a wrong setting and an unknown argument end in one line each', async (t) => {
  const wrong = start(t, 'none', '--log-level', 'loud');
  assert.equal(await wrong.exit(), exitCodes.SETTINGS);
  assert.match(wrong.stderr, /^--log-level: .*"loud"\n$/);

  const unknown = start(t, 'none', '--log-levle', 'info');
  assert.equal(await unknown.exit(), exitCodes.USAGE);
  assert.match(unknown.stderr, /^unknown argument --log-levle – did you mean --log-level\?.*\n$/);
});
