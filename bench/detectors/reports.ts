/** What a detector has said of a source. */
export interface Report {
  source: string;
  /** The kind of scan, in the detector's own words. */
  kind: string;
}

interface Packaged {
  name: string;
  /** Of its lines in the log: the groups `source` and `kind`. */
  lines: readonly RegExp[];
}

/** The packaged detectors, by their Debian packages. */
export const packaged: readonly Packaged[] = [
  {
    name: 'scanlogd',
    // 10.77.1.4:46755 to 10.77.0.2 ports 81, 82, …, fSrpauxy, TOS 00 @09:12:23: flags that all probes had are capital
    lines: [
      /scanlogd: (?<source>[0-9.]+)(?::\d+)? to .*? (?<kind>[fF?][sS?][rR?][pP?][aA?][uU?][xX?][yY?]),/g,
    ],
  },
  {
    name: 'psad',
    lines: [
      /psad: scan detected(?: \((?<kind>.+?)\))?: (?<source>\S+) ->/g,
      /psad: src: (?<source>\S+) signature match: "(?<kind>.+?)"/g,
    ],
  },
  { name: 'portsentry', lines: [/attackalert: +(?<kind>[^:]+) scan from host: (?<source>[^/]+)\//g] },
];

/** A detector's reports, in no particular order. */
export function reportsOf({ lines }: Packaged, log: string): Report[] {
  return lines.flatMap((line) =>
    Array.from(log.matchAll(line), ({ groups }) => ({
      source: groups?.['source'] ?? '',
      kind: groups?.['kind'] ?? 'no kind',
    })),
  );
}
