/**
 * What a process exits with, by the code of the error that ends it: after sysexits.h, each distinct, so that a
 * service manager or a script can tell them apart. Everything else is INTERNAL.
 */
export const exitCodes = {
  USAGE: 64,
  TOPIC_MISMATCH: 65,
  UNKNOWN_DEVICE: 66,
  VERIFIER: 67,
  PINS: 68,
  MODE_UNSUPPORTED: 69,
  INTERNAL: 70,
  OLD_KERNEL: 71,
  NO_BPFFS: 72,
  BPFFS_READONLY: 73,
  LISTEN: 74,
  LOCKED: 75,
  DEVICE_BUSY: 76,
  NO_CAPABILITY: 77,
  SETTINGS: 78,
  SCHEMA_REFUSED: 79,
} as const;

interface Details {
  /** Names the failure for programs; see `exitCodes` for those that end a process. */
  code: string;
  /** What the user can do about it, one sentence; '' when the message says it. */
  remedy: string;
  /** True when the same call may succeed later without anybody changing anything. */
  retriable?: boolean;
  cause?: unknown;
}

/** The base of all errors of the project: what failed on what (message), and what helps (remedy). */
export class TickerError extends Error {
  override readonly name = 'TickerError';
  readonly code: string;
  readonly remedy: string;
  readonly retriable: boolean;

  constructor(message: string, { code, remedy, retriable = false, cause }: Details) {
    super(message, { cause });
    this.code = code;
    this.remedy = remedy;
    this.retriable = retriable;
  }
}

/** The exit code of a process that ends with this error. */
export function exitCodeOf(error: unknown): number {
  const codes: Readonly<Record<string, number>> = exitCodes;
  return (error instanceof TickerError ? codes[error.code] : undefined) ?? exitCodes.INTERNAL;
}

/** One line for people: what failed, why, and what helps. Never a stack trace. */
export function describe(error: unknown): string {
  const remedy = remedyOf(error);
  return whatFailed(error) + (remedy === '' ? '' : ` – ${remedy}`);
}

/** The same without what helps. */
export function whatFailed(error: unknown): string {
  return messages(error).join(': ');
}

/** What helps; '' where nothing is known to. */
export function remedyOf(error: unknown): string {
  return error instanceof TickerError ? error.remedy : '';
}

/** The message and those of its causes, without the ones that an outer message repeats. */
function messages(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const own = error.message === '' ? error.name : error.message;
  if (error.cause === undefined) return [own];
  return [own, ...messages(error.cause).filter((text) => !own.includes(text))];
}
