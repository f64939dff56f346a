/** A command that runs the rest of its command line as nobody, who may do what these capabilities allow and nothing else. */
export function asNobody(...capabilities: readonly string[]): string[] {
  const only = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    ...[
      'setpriv',
      '--reuid=nobody',
      '--regid=nogroup',
      '--clear-groups',
      '--no-new-privs',
      '--pdeathsig=KILL',
    ],
    ...[`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`],
  ];
}
