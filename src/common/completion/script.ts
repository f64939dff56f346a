import { TickerError } from '../errors.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import type { CompletedProgram } from './program.ts';
import { zsh } from './zsh.ts';

/** Scripts that complete a command line without starting the program. */
const scripts: Readonly<Record<string, (program: CompletedProgram) => string>> = { bash, zsh, fish };

export const shells: readonly string[] = Object.keys(scripts);

/** The completions of a program for a shell. Throws USAGE. */
export function completionScript(program: CompletedProgram, shell: string): string {
  const script = scripts[shell];
  if (script !== undefined) return script(program);
  throw new TickerError(`no completions for ${shell}`, {
    code: 'USAGE',
    remedy: `there are for ${shells.join(', ')}`,
  });
}
