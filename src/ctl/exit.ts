import { TickerError } from '../common/errors.ts';

/** What the process exits with. */
export const exit = { done: 0, failed: 1, usage: 2, noAnswer: 3 } as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** Errors that are no answer, beside KAFKA_…. */
const noAnswer = ['TIMEOUT', 'TOPIC_MISSING', 'REGISTRY_UNREACHABLE', 'REGISTRY_ACCESS'];

/** The exit code of a run that ends with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  const code = error instanceof TickerError ? error.code : '';
  if (code === 'USAGE' || code === 'SETTINGS') return exit.usage;
  return code.startsWith('KAFKA') || noAnswer.includes(code) ? exit.noAnswer : exit.failed;
}
