import { describe } from '../common/errors.ts';
import { exit, exitCodeOf } from './exit.ts';
import { parseOptions } from './options.ts';

process.stdout.on('error', () => process.exit(exit.failed)); // the reader of the pipe has gone
// Connections end with the process: closing them in good order would wait for a broker that does not answer.
try {
  const parsed = parseOptions(process.argv.slice(2));
  if ('answer' in parsed) {
    process.stdout.write(parsed.answer);
    process.exit(exit.done);
  }
  const { run } = await import('./run.ts'); // --help has no need of it
  process.exit(await run(parsed));
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(exitCodeOf(error));
}
