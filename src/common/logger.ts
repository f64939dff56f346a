import { createRequire } from 'node:module';
import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger };

const require = createRequire(import.meta.url);

/**
 * Logs to a file descriptor, synchronously, so that the last line before an exit is not lost: JSON lines on a
 * pipe, readable on a terminal.
 */
export function createLogger({ level, name, fd = 1 }: { level: string; name: string; fd?: 1 | 2 }): Logger {
  return pino({ level, name, base: { name }, timestamp: pino.stdTimeFunctions.isoTime }, stream(fd));
}

function stream(fd: 1 | 2): DestinationStream {
  const isTerminal = fd === 1 ? process.stdout.isTTY : process.stderr.isTTY;
  if (!isTerminal) return destination({ fd, sync: true });
  const pretty: typeof import('pino-pretty') = require('pino-pretty'); // late: services have no terminal
  return pretty({ destination: fd, sync: true, ignore: 'name', translateTime: 'SYS:HH:MM:ss.l' });
}

/** Warns of the first of what can come by the thousand; later ones, which somebody counts, are for debugging. */
export function warnOfFirst(logger: Logger, isFirst: boolean, line: string): void {
  if (isFirst) logger.warn(`${line} (later ones are counted, not logged)`);
  else logger.debug(line);
}
