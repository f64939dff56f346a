import { once } from 'node:events';
import { describe } from '../../src/common/errors.ts';
import { show } from './show.ts';
import { Stage } from './stage.ts';

/*
 * Usage: main.ts [--keep]
 * Shows the way of a port scan into the report, on this machine alone. --keep leaves all running until Ctrl-C.
 * Nothing is left at the end, also after Ctrl-C or a failure.
 */
const keep = process.argv.includes('--keep');
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => undefined);
const stage = new Stage();

forgetSettings();
try {
  const next = await Promise.race([show(stage), interrupted]);
  if (next === undefined) process.exitCode = 130;
  else if (keep) await invite(next);
  process.stdout.write('Taking everything down\n');
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
}
try {
  await stage.clear();
} catch (error) {
  process.stderr.write(`Not everything could be taken down: ${describe(error)}\n`);
  process.exitCode = 1;
}
process.exit();

async function invite(next: string): Promise<void> {
  process.stdout.write(next);
  await interrupted;
}

/** The demo shows the defaults, not what this shell is set to. */
function forgetSettings(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('PORT_TICKER_')) delete process.env[name];
}
