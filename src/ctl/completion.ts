import { completionScript } from '../common/completion/script.ts';
import { type ExitCode, exit } from './exit.ts';
import { optionTable, wordTable } from './table.ts';

/** Prints the completions for a shell. Throws USAGE. */
export function completion(shell: string): ExitCode {
  const program = {
    name: 'ticker_ctl',
    command: 'ticker_ctl completion',
    options: optionTable,
    words: wordTable,
  };
  process.stdout.write(completionScript(program, shell));
  return exit.done;
}
