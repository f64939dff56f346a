import type { Answer } from './answers.ts';
import { explain } from './explain.ts';
import type { Kernel } from './kernel.ts';

const actions = ['reset-source', 'clear-report', 'explain'];

/** True for commands that do something once, and leave no state behind. */
export function isAction(command: string): boolean {
  return actions.includes(command);
}

/** Does it and says what came of it. Precondition: isAction(command). */
export async function act(
  kernel: Kernel,
  command: string,
  source: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  if (command === 'clear-report') {
    await kernel.reset(null, signal);
    return { status: 'APPLIED', reason: null };
  }
  if (source === null) return { status: 'FAILED', reason: `${command} needs a source` };
  if (command === 'explain') return { status: 'APPLIED', ...explain(kernel, source) };
  await kernel.reset(source, signal);
  return { status: 'APPLIED', reason: null };
}
