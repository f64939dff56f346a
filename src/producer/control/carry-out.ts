import { describe } from '../../common/errors.ts';
import { type Answer, expiredAnswer, type Pending, stateAnswer } from './answers.ts';
import type { Outcome } from './apply.ts';
import { explain } from './explain.ts';
import type { Kernel } from './kernel.ts';

const actions = ['reset-source', 'clear-report', 'explain'];

/**
 * Says what came of a command. State is set already, as `outcome` has it; an action is done now. Rejects only when the
 * signal is aborted.
 */
export async function carryOut(
  pending: Pending,
  kernel: Kernel,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<Answer> {
  const { command, source } = pending.command;
  const isAction = actions.includes(command);
  const expired = expiredAnswer(pending, isAction, Date.now());
  if (expired !== undefined) return expired;
  if (!isAction) return stateAnswer(pending, outcome);
  try {
    return { status: 'APPLIED', reason: null, ...(await act(kernel, command, source, signal)) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { status: 'FAILED', reason: describe(error) };
  }
}

async function act(
  kernel: Kernel,
  command: string,
  source: string | null,
  signal: AbortSignal,
): Promise<Partial<Answer>> {
  if (command === 'clear-report') await kernel.reset(null, signal);
  else if (source === null) return { status: 'FAILED', reason: `${command} needs a source` };
  else if (command === 'explain') return explain(kernel, source);
  else await kernel.reset(source, signal);
  return {};
}
