import { TickerError } from './errors.ts';

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

function bash({ name, command, options, words }: CompletedProgram): string {
  const all = [...options.flatMap(({ flags }) => namesOf(flags)), ...words.map(({ word }) => word)];
  const values = [
    ...options.filter(takesValue).map(({ flags, completes }) => bashCase(namesOf(flags), completes)),
    ...words.map(({ word, completes }) => bashCase([word], completes)),
  ];
  return `# eval "$(${command} bash)"
${functionOf(name)}() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_WORDS[COMP_CWORD-1]} in
${values.join('\n')}
    *) COMPREPLY=($(compgen -W '${all.join(' ')}' -- "$word")) ;;
  esac
}
complete -F ${functionOf(name)} ${name}
`;
}

function bashCase(names: readonly string[], completes: Completes | undefined): string {
  return `    ${names.join('|')}) COMPREPLY=(${bashValues(completes)}) ;;`;
}

function bashValues(completes: Completes | undefined): string {
  if (completes === undefined) return '';
  if (completes === 'files') return '$(compgen -f -- "$word")';
  const words = completes === 'devices' ? '"$(ls /sys/class/net)"' : `'${completes.join(' ')}'`;
  return `$(compgen -W ${words} -- "$word")`;
}

function zsh(program: CompletedProgram): string {
  const { name, command, words } = program;
  const itself = functionOf(name);
  const options = program.options.map(zshOption);
  const known = words.map(({ word, doc }) => `'${word}:${quoted(doc)}'`);
  const values = words.map(({ word, completes }) => `    ${word}) ${zshAction(completes)} ;;`);
  const places = [`'1:command:${itself}_word'`, `'2:argument:${itself}_argument'`];
  const helpers = `${itself}_word() {
  local -a known=(
    ${known.join('\n    ')}
  )
  _describe command known
}
${itself}_argument() {
  case $line[1] in
${values.join('\n')}
  esac
}
`;
  return `#compdef ${name}
# eval "$(${command} zsh)"
${words.length === 0 ? '' : helpers}${itself}() {
  local line
  _arguments -C \\
    ${[...options, ...(words.length === 0 ? [] : places)].join(' \\\n    ')}
}
compdef ${itself} ${name}
`;
}

function zshOption(entry: CompletedOption): string {
  const names = namesOf(entry.flags).join(',');
  const repeated = entry.repeatable === true ? "'*'" : '';
  const value = takesValue(entry) ? `:value:${zshValues(entry.completes)}` : '';
  return `${repeated}${names.includes(',') ? `{${names}}` : names}'[${quoted(entry.doc)}]${value}'`;
}

function zshValues(completes: Completes | undefined): string {
  if (completes === 'devices') return '($(ls /sys/class/net))';
  if (completes === 'files') return '_files';
  return completes === undefined ? '' : `(${completes.join(' ')})`;
}

function zshAction(completes: Completes | undefined): string {
  if (completes === 'devices') return 'compadd $(ls /sys/class/net)';
  if (completes === 'files') return '_files';
  return completes === undefined ? ':' : `compadd ${completes.join(' ')}`;
}

function fish({ name, command, options, words }: CompletedProgram): string {
  const complete = `complete -c ${name}`;
  const lines = [
    ...options.map((entry) => {
      const names = namesOf(entry.flags).map((each) =>
        each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`,
      );
      const value = takesValue(entry) ? ` ${fishValues(entry.completes)}` : '';
      return `${complete} ${names.join(' ')}${value} -d '${quoted(entry.doc)}'`;
    }),
    ...words.map(({ word, doc }) => `${complete} -n __fish_use_subcommand -a ${word} -d '${quoted(doc)}'`),
    ...words
      .filter(({ completes }) => completes !== undefined)
      .map(
        ({ word, completes }) =>
          `${complete} -n '__fish_seen_subcommand_from ${word}' ${fishValues(completes)}`,
      ),
  ];
  return `# ${command} fish | source\n${complete} -f\n${lines.join('\n')}\n`;
}

function fishValues(completes: Completes | undefined): string {
  if (completes === 'files') return '-rF';
  if (completes === undefined) return '-x';
  return `-x -a '${completes === 'devices' ? '(ls /sys/class/net)' : completes.join(' ')}'`;
}

/** Of a shell: "_port_ticker_producer". */
function functionOf(name: string): string {
  return `_${name.replaceAll('-', '_')}`;
}

/** "-d, --dev <device>" has the names -d and --dev. */
function namesOf(flags: string): string[] {
  return flags.split(/,? /).filter((part) => part.startsWith('-'));
}

function takesValue({ flags }: CompletedOption): boolean {
  return /[<[]/.test(flags);
}

/** For single quotes; of brackets and colons zsh makes something of its own. */
function quoted(doc: string): string {
  return doc.replaceAll("'", '’').replace(/[[\]:]/g, '');
}
