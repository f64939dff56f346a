import { TickerError } from '../../common/errors.ts';

/** Why a command is rejected: what is wrong with it, and what its sender can do. */
export function wrong(message: string, remedy: string): TickerError {
  return new TickerError(message, { code: 'COMMAND', remedy });
}

/** What others have written, short and harmless on a terminal. */
export function quoted(text: string): string {
  return `"${text.slice(0, 64).replace(/[^ -~]/g, '?')}"`;
}
