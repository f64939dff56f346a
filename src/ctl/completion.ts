import { type ExitCode, exit } from './exit.ts';
import { usage } from './options.ts';
import { type OptionEntry, optionTable, type WordEntry, wordTable } from './table.ts';

/** Scripts that complete a command line without starting this program. */
const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** Prints the completions for a shell. Throws USAGE. */
export function completion(shell: string): ExitCode {
  const script = scripts[shell];
  if (script === undefined)
    throw usage(`no completions for ${shell}`, `there are for ${Object.keys(scripts).join(', ')}`);
  process.stdout.write(script());
  return exit.done;
}

function bash(): string {
  const words = [...optionTable.flatMap(({ flags }) => namesOf(flags)), ...wordTable.map(({ word }) => word)];
  const values = [
    ...optionTable.filter(takesValue).map((entry) => bashCase(namesOf(entry.flags), entry)),
    ...wordTable.map((entry) => bashCase([entry.word], entry)),
  ];
  return `# eval "$(ticker_ctl completion bash)"
_ticker_ctl() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_WORDS[COMP_CWORD-1]} in
${values.join('\n')}
    *) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")) ;;
  esac
}
complete -F _ticker_ctl ticker_ctl
`;
}

function bashCase(names: readonly string[], { completes }: OptionEntry | WordEntry): string {
  return `    ${names.join('|')}) COMPREPLY=(${bashValues(completes)}) ;;`;
}

function bashValues(completes: OptionEntry['completes']): string {
  if (completes === undefined) return '';
  if (completes === 'files') return '$(compgen -f -- "$word")';
  const words = completes === 'devices' ? '"$(ls /sys/class/net)"' : `'${completes.join(' ')}'`;
  return `$(compgen -W ${words} -- "$word")`;
}

function zsh(): string {
  const options = optionTable.map((entry) => {
    const names = namesOf(entry.flags).join(',');
    const repeated = entry.repeatable === true ? "'*'" : '';
    const value = takesValue(entry) ? `:value:${zshValues(entry.completes)}` : '';
    return `${repeated}${names.includes(',') ? `{${names}}` : names}'[${quoted(entry.doc)}]${value}'`;
  });
  const words = wordTable.map(({ word, doc }) => `'${word}:${quoted(doc)}'`);
  const values = wordTable.map(({ word, completes }) => `    ${word}) ${zshAction(completes)} ;;`);
  return `#compdef ticker_ctl
# eval "$(ticker_ctl completion zsh)"
_ticker_ctl_word() {
  local -a known=(
    ${words.join('\n    ')}
  )
  _describe command known
}
_ticker_ctl_argument() {
  case $line[1] in
${values.join('\n')}
  esac
}
_ticker_ctl() {
  local line
  _arguments -C \\
    ${options.join(' \\\n    ')} \\
    '1:command:_ticker_ctl_word' \\
    '2:argument:_ticker_ctl_argument'
}
compdef _ticker_ctl ticker_ctl
`;
}

function zshValues(completes: OptionEntry['completes']): string {
  if (completes === 'devices') return '($(ls /sys/class/net))';
  if (completes === 'files') return '_files';
  return completes === undefined ? '' : `(${completes.join(' ')})`;
}

function zshAction(completes: WordEntry['completes']): string {
  if (completes === 'files') return '_files';
  return completes === undefined ? ':' : `compadd ${completes.join(' ')}`;
}

function fish(): string {
  const options = optionTable.map((entry) => {
    const names = namesOf(entry.flags).map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    const value = takesValue(entry) ? ` ${fishValues(entry.completes)}` : '';
    return `complete -c ticker_ctl ${names.join(' ')}${value} -d '${quoted(entry.doc)}'`;
  });
  const words = wordTable.map(
    ({ word, doc }) => `complete -c ticker_ctl -n __fish_use_subcommand -a ${word} -d '${quoted(doc)}'`,
  );
  const values = wordTable
    .filter(({ completes }) => completes !== undefined)
    .map(
      ({ word, completes }) =>
        `complete -c ticker_ctl -n '__fish_seen_subcommand_from ${word}' ${fishValues(completes)}`,
    );
  return `# ticker_ctl completion fish | source
complete -c ticker_ctl -f
${[...options, ...words, ...values].join('\n')}
`;
}

function fishValues(completes: OptionEntry['completes']): string {
  if (completes === 'files') return '-rF';
  if (completes === undefined) return '-x';
  return `-x -a '${completes === 'devices' ? '(ls /sys/class/net)' : completes.join(' ')}'`;
}

/** "-d, --dev <device>" has the names -d and --dev. */
function namesOf(flags: string): string[] {
  return flags.split(/,? /).filter((part) => part.startsWith('-'));
}

function takesValue({ flags }: OptionEntry): boolean {
  return /[<[]/.test(flags);
}

/** For single quotes; of brackets and colons zsh makes something of its own. */
function quoted(doc: string): string {
  return doc.replaceAll("'", '’').replace(/[[\]:]/g, '');
}
