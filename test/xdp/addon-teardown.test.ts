import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addonPath, runChild } from '../helpers/child.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

const sanitizedPath = fileURLToPath(new URL('../../build/port_ticker.asan.node', import.meta.url));
const unbuilt =
  existsSync(sanitizedPath) || process.env['CI'] !== undefined ? false : 'not built: make -C xdp asan';

const scenarios = {
  exitWhileArmed: 'a process ends while a ring is armed and readable',
  exitInCallback: 'a process exits in the callback',
  throwInCallback: 'what the callback throws is an uncaught exception of JavaScript',
  closeInCallback: 'ring and sensor are closed in the callback',
  terminateWorkers: 'a worker is terminated while its ring is armed, 20 times',
  exitInWorkers: 'a worker exits in the callback',
  closeTwice: 'ring and sensor are closed twice',
  useAfterClose: 'every use after close is refused',
  closeSensorFirst: 'a sensor is closed before its watched ring',
  exitWhileLinksAreWatched: 'a process ends while devices are watched',
  terminateWorkersThatWatchLinks: 'a worker is terminated while it watches devices, 20 times',
  collectGarbage: 'a forgotten sensor is collected, a watched ring is not',
};

describe('ending', { skip: unprivileged }, () => {
  for (const [scenario, name] of Object.entries(scenarios)) {
    test(name, async (t) => {
      await check(t, { scenario, addon: addonPath });
    });
  }
});

describe('ending under AddressSanitizer and UBSan', { skip: unprivileged || unbuilt }, () => {
  for (const [scenario, name] of Object.entries(scenarios)) {
    test(name, async (t) => {
      await check(t, { scenario, addon: sanitizedPath, env: sanitizer() });
    });
  }
});

async function check(
  t: Parameters<typeof Sandbox.create>[0],
  what: { scenario: string; addon: string; env?: NodeJS.ProcessEnv },
): Promise<void> {
  const sandbox = await Sandbox.create(t);
  const { code, output } = await runChild({ pinDirectory: sandbox.pinDirectory, ...what });
  assert.equal(output, 'ok\n');
  assert.equal(code, 0);
}

/** Its run-time library has to be there first. Leaks are not looked for: Node itself never frees all. */
function sanitizer(): NodeJS.ProcessEnv {
  const library = execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  return { LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' };
}
