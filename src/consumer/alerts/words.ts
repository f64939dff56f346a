import type { ReportEntry } from '../../common/event.ts';
import { exactPorts, fullTargets } from '../../common/sketch.ts';
import { hasManyPorts, isSweep } from './severity.ts';
import type { Summary } from './summary.ts';

/** What nmap calls them. CONNECT is a hint beside SYN, see `hints`. */
const kindNames: ReadonlyMap<string, string> = new Map([
  ['SYN', 'TCP SYN'],
  ['NULL', 'TCP NULL'],
  ['FIN', 'TCP FIN'],
  ['XMAS', 'TCP Xmas'],
  ['ACK', 'TCP ACK'],
  ['MAIMON', 'TCP Maimon'],
  ['UNUSUAL_FLAGS', 'TCP unusual-flags'],
  ['UDP', 'UDP'],
  ['SCTP_INIT', 'SCTP INIT'],
  ['SCTP_COOKIE_ECHO', 'SCTP COOKIE-ECHO'],
  ['IP_PROTOCOL', 'IP protocol'],
  ['FRAGMENT', 'fragmented TCP'],
  ['ICMP_SWEEP', 'ICMP'],
]);

const toolNames: ReadonlyMap<string, string> = new Map([
  ['ZMAP', 'zmap'],
  ['MASSCAN', 'masscan'],
  ['NMAP', 'nmap'],
  ['HPING', 'hping'],
]);

const namesShown = 3;

/** "TCP SYN scan from 192.0.2.7: about 142 ports on 1 host in 5.0 s, 97 % closed". */
export function describeRow(row: ReportEntry, { isKnown = false } = {}): string {
  const known = isKnown ? ' (known scanner)' : '';
  return `${scanName(row)} from ${row.source}${known}: ${extentAndHints(row)}`;
}

/** "about 142 ports on 1 host in 5.0 s, 97 % closed". */
export function extentAndHints(row: ReportEntry): string {
  const time = duration(row.lastChange - row.episode);
  return [`${extent(row)} in ${time}`, ...closed(row), ...hints(row)].join(', ');
}

/** One source on many sensors: one of its rows there, and what they have together. */
export function describeFleetSweep({ source }: ReportEntry, all: Summary): string {
  const what = `${nameOfKinds(all.kinds)} scan of the fleet from ${source}`;
  return `${what}: ${all.count} sensors in ${span(all)} (${list([...all.sensors].toSorted())})`;
}

/** Many sources on one target: one of their rows, and what they have together. */
export function describeDistributed({ destination, ports: first }: ReportEntry, all: Summary): string {
  const what = `${nameOfKinds(all.kinds)} scan of ${destination} from ${all.count} sources`;
  return `${what} in ${span(all)}, decoys or many hosts: ports ${list(first.map(String))}`;
}

/** Why a row is of its severity: the rules that it meets. */
export function grounds(row: ReportEntry): string {
  const { changeCount, threshold } = row;
  return [
    ...(changeCount > threshold ? [`${changeCount} changes of the port > ${threshold}`] : []),
    ...(hasManyPorts(row) ? [`${ports(row)}, not only open ones`] : []),
    ...(isSweep(row) ? [hosts(row)] : []),
    ...(row.verdict ? ['four more closed ports than open ones'] : []),
  ].join('; ');
}

/** "TCP SYN and UDP scan", "ICMP sweep". */
export function scanName(row: ReportEntry): string {
  return `${nameOfKinds(row.kinds)} ${isOfHosts(row) ? 'sweep' : 'scan'}`;
}

/** The name of the tool whose mark a packet bore; null without one. */
export function toolName({ tool }: ReportEntry): string | null {
  return tool === null ? null : (toolNames.get(tool) ?? tool.toLowerCase());
}

/** One probe to each of many hosts, instead of many to some. */
export function isOfHosts(row: ReportEntry): boolean {
  return isSweep(row) && !hasManyPorts(row) && !row.kinds.includes('IP_PROTOCOL');
}

function nameOfKinds(all: Iterable<string>): string {
  const kinds = new Set(all);
  kinds.delete('CONNECT');
  const names = Array.from(kinds, (kind) => kindNames.get(kind) ?? kind);
  const last = names.pop() ?? 'Port';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

function extent(row: ReportEntry): string {
  const isWithoutPorts = row.kinds.every((kind) => kind === 'ICMP_SWEEP' || kind === 'IP_PROTOCOL');
  if (row.kinds.length > 0 && isWithoutPorts) return hosts(row, isOfHosts(row) ? 'host' : 'target');
  return row.targets === 0 ? ports(row) : `${ports(row)} on ${hosts(row)}`;
}

function ports({ distinctPorts }: ReportEntry): string {
  return `${distinctPorts > exactPorts ? 'about ' : ''}${counted(distinctPorts, 'port')}`;
}

function hosts({ targets }: ReportEntry, noun = 'host'): string {
  if (targets >= fullTargets) return `${fullTargets} ${noun}s or more`;
  return `${targets > 1 ? 'about ' : ''}${counted(targets, noun)}`;
}

/** Of the ports that were judged. */
function closed({ closedPorts, openPorts }: ReportEntry): string[] {
  const judged = closedPorts + openPorts;
  return judged === 0 ? [] : [`${Math.round((100 * closedPorts) / judged)} % closed`];
}

function hints(row: ReportEntry): string[] {
  const tool = toolName(row);
  if (tool !== null) return [`looks like ${tool}`];
  return row.kinds.includes('CONNECT') ? ['looks like connect()'] : [];
}

function span({ start, lastChange }: Summary): string {
  return duration(lastChange - start);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function list(names: readonly string[]): string {
  return names.slice(0, namesShown).join(', ') + (names.length > namesShown ? ' …' : '');
}

/** ms as "5.0 s", "12 min", "3.2 h", "4.0 d". */
function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`;
}
