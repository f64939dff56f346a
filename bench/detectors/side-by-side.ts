import type { Result } from '../result.ts';
import { controls, runControls } from './controls.ts';
import { encounter, ours, type Reports } from './encounter.ts';
import { packaged } from './reports.ts';
import { packageVersion } from './room.ts';
import { type Scan, scanInEveryLength, scans } from './scans.ts';

const detectors = [ours, ...packaged.map(({ name }) => name)];

/** Of how many probes is the shortest scan that is reported, and what is it called? */
export async function detectorsOnScans(): Promise<Result> {
  const rows: { scan: Scan; cells: Cell[] }[] = [];
  for (const scan of scans) {
    const { sent, reports } = await encounter((_, watched) => scanInEveryLength(scan, watched));
    rows.push({ scan, cells: detectors.map((name) => shortest(name, sent, reports)) });
  }
  return {
    title: 'Which scans packaged detectors see',
    about: `The probes of the shortest scan that is reported, and what it is called. nmap scans the closed ports of one host once with
1 probe, once with 2 and so on up to 24, from an address each; port-ticker and the detectors of Debian see the same packets at the
same time. Again: \`make bench ONLY='detectors honest'\`. Where others are sooner: portsentry reports the first packet to a closed
port below 1024, and psad, by its signatures, the first FIN or XMAS packet; portsentry therefore takes a peer's retries of one closed port for an attack. SCTP does not score
here: the count finds it, at the 22nd probe.

${versions()}
Packaged settings but for these: psad looks at the log every second, not every five, and sends no mail; portsentry runs in its
advanced modes (packaged: it binds some ports and sees only connects). psad reads a firewall's log of all packets that open
something the host does not offer, by nftables and ulogd2, brought into the kernel's own format; packaged, it passes over all with
ACK. Capital letters of scanlogd are the flags that all probes had. portsentry binds a port for a moment when it is asked for, so
its neighbours may take one for open.`,
    table: [
      ['scan', ...detectors],
      ...rows.map(({ scan, cells }) => [scan.name, ...cells.map((cell) => cellText(cell, scan))]),
    ],
    raw: rows.map(({ scan, cells }) => ({ scan: scan.name, cells })),
  };
}

/** Is honest traffic taken for a scan? */
export async function detectorsOnHonestTraffic(): Promise<Result> {
  const { sent, reports } = await encounter(runControls);
  const rows = Array.from(sent, ([peer, { name }]) => ({
    control: name,
    cells: detectors.map((detector) => reportsOn(detector, peer, reports)),
  }));
  return {
    title: 'Honest traffic before packaged detectors',
    about: `What is reported of ${controls.length} peers that scan nothing, by the same detectors in the same settings. port-ticker's reports
have a severity: 21 is a row in the report, because the count has crossed the threshold, and only from 47 on there is an alert. The
others say nothing of open ports: scanlogd asks for more ports than these peers touch, psad reads what the firewall has logged.`,
    table: [
      ['traffic', ...detectors],
      ...rows.map(({ control, cells }) => [control, ...cells.map((kinds) => kinds.join(', ') || 'quiet')]),
    ],
    raw: rows,
  };
}

interface Cell {
  /** Null: no scan was reported. */
  probes: number | null;
  kinds: string[];
}

function shortest(detector: string, lengthOf: ReadonlyMap<string, number>, reports: Reports): Cell {
  const all = reports.get(detector) ?? [];
  const found = all.flatMap(({ source, kind }) => {
    const probes = lengthOf.get(source);
    return probes === undefined ? [] : [{ probes, kind }];
  });
  if (found.length === 0) return { probes: null, kinds: [] };
  return {
    probes: Math.min(...found.map(({ probes }) => probes)),
    kinds: [...new Set(found.map(({ kind }) => kind))],
  };
}

function reportsOn(detector: string, peer: string, reports: Reports): string[] {
  const all = (reports.get(detector) ?? []).filter(({ source }) => source === peer);
  return [
    ...new Set(all.map(({ kind, severity }) => (severity === undefined ? kind : `severity ${severity}`))),
  ];
}

function cellText({ probes, kinds }: Cell, { lengths }: Scan): string {
  return probes === null ? `not within ${lengths.at(-1)}` : `**${probes}** ${kinds.join(', ')}`;
}

function versions(): string {
  return `${packaged.map(({ name }) => `${name} ${packageVersion(name)}`).join(', ')}.`;
}
