import type { ReportEntry } from '../common/event.ts';
import { exactPorts } from '../common/sketch.ts';
import { columns, duration } from './output.ts';

const header = ['SOURCE', 'COUNT', 'OVER', 'SENSOR', 'PORTS', 'FIRST PORTS', 'FOR', 'LAST', 'TO', 'DEVICE'];
const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

/** Each row of the report with what is known of the source. `now` in ms since 1970. */
export function wideTable(entries: readonly ReportEntry[], now: number): string {
  return columns([header, ...entries.map((entry) => cells(entry, now))]);
}

function cells(entry: ReportEntry, now: number): string[] {
  const { source, changeCount, threshold, sensor, distinctPorts, ports, episode, lastChange } = entry;
  return [
    source,
    String(changeCount),
    String(threshold),
    sensor,
    `${distinctPorts > exactPorts ? '~' : ''}${distinctPorts}`,
    ports.join(','),
    duration(lastChange - episode),
    `${duration(now - lastChange)} ago`,
    destination(entry),
    entry.vlan === null ? (entry.device ?? '-') : `${entry.device ?? '-'} vlan ${entry.vlan}`,
  ];
}

/** Of the packet that crossed: "198.51.100.7 tcp/22". */
function destination({ destination: address, destinationPort, protocol }: ReportEntry): string {
  if (address === null) return '-';
  if (destinationPort === null || protocol === null) return address;
  return `${address} ${protocols[protocol] ?? protocol}/${destinationPort}`;
}
