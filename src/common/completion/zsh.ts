import {
  type CompletedOption,
  type CompletedProgram,
  type Completes,
  functionOf,
  namesOf,
  quoted,
  takesValue,
} from './program.ts';

export function zsh(program: CompletedProgram): string {
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
if [[ $funcstack[1] == ${itself} ]]; then
  ${itself} "$@" # zsh has just loaded it from its fpath, at the first completion
else
  compdef ${itself} ${name}
fi
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
