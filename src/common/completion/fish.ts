import { type CompletedProgram, type Completes, namesOf, quoted, takesValue } from './program.ts';

export function fish({ name, command, options, words }: CompletedProgram): string {
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
