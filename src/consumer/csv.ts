import { isoTime } from '../common/iso-time.ts';
import { apiRow, type ShownRow } from './rows.ts';

type Cell = string | number | boolean | null;

const columns: readonly (readonly [name: string, cell: (row: ReturnType<typeof apiRow>) => Cell])[] = [
  ['source', ({ source }) => source],
  ['changeCount', ({ changeCount }) => changeCount],
  ['sensor', ({ sensor }) => sensor],
  ['severity', ({ severity }) => severity],
  ['summary', ({ summary }) => summary],
  ['threshold', ({ threshold }) => threshold],
  ['distinctPorts', ({ distinctPorts }) => distinctPorts],
  ['targets', ({ targets }) => targets],
  ['closedPorts', ({ closedPorts }) => closedPorts],
  ['openPorts', ({ openPorts }) => openPorts],
  ['verdict', ({ verdict }) => verdict],
  ['kinds', ({ kinds }) => kinds.join(' ')],
  ['tool', ({ tool }) => tool],
  ['ports', ({ ports }) => ports.join(' ')],
  ['firstPacket', ({ episode }) => isoTime(episode)],
  ['lastChange', ({ lastChange }) => isoTime(lastChange)],
  ['device', ({ device }) => device],
  ['vlan', ({ vlan }) => vlan],
  ['destination', ({ destination }) => destination],
  ['destinationPort', ({ destinationPort }) => destinationPort],
];

export const csvHead = columns.map(([name]) => name).join(',');

/** A line by RFC 4180. Every text is quoted, and none can be taken for a formula by a spreadsheet. */
export function csvLine(row: ShownRow): string {
  const told = apiRow(row);
  return columns.map(([, cell]) => cellText(cell(told))).join(',');
}

function cellText(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '');
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return `"${harmless.replaceAll('"', '""')}"`;
}
