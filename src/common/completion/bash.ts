import { type CompletedProgram, type Completes, functionOf, namesOf, takesValue } from './program.ts';

export function bash({ name, command, options, words }: CompletedProgram): string {
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
