/** What a shell completes a value with. */
export type Completes = readonly string[] | 'devices' | 'files';

export interface CompletedOption {
  /** "-d, --dev <device>": its names, and the value that it takes, if any. */
  flags: string;
  doc: string;
  /** May be given several times. */
  repeatable?: true;
  completes?: Completes;
}

/** A word in place of an option. */
export interface CompletedWord {
  word: string;
  doc: string;
  /** What its argument is completed with. */
  completes?: Completes;
}

export interface CompletedProgram {
  name: string;
  /** What prints the script, but for the shell: "ticker_ctl completion". */
  command: string;
  options: readonly CompletedOption[];
  words: readonly CompletedWord[];
}

/** Of a shell: "_port_ticker_producer". */
export function functionOf(name: string): string {
  return `_${name.replaceAll('-', '_')}`;
}

/** "-d, --dev <device>" has the names -d and --dev. */
export function namesOf(flags: string): string[] {
  return flags.split(/,? /).filter((part) => part.startsWith('-'));
}

/** Whether an option takes one. */
export function takesValue({ flags }: CompletedOption): boolean {
  return /[<[]/.test(flags);
}

/** For single quotes; of brackets and colons zsh makes something of its own. */
export function quoted(doc: string): string {
  return doc.replaceAll("'", '’').replace(/[[\]:]/g, '');
}
