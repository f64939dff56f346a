import { join } from 'node:path';
import { addressText, parseAddress } from '../../src/common/address.ts';
import { severity } from '../../src/consumer/alerts/severity.ts';
import { type Cleanup, lastFirst } from '../../test/helpers/cleanup.ts';
import { WatchedHost } from '../../test/helpers/watched-host.ts';
import { openPorts } from './controls.ts';
import { packaged, type Report, reportsOf } from './reports.ts';
import { Room } from './room.ts';

/** A report of the sensor also says how much it is worth a look: severity by DESIGN "Alerts"; 47 and more alert. */
export type Reports = ReadonlyMap<string, readonly (Report & { severity?: number })[]>;

export const ours = 'port-ticker';

/** Brings traffic before all detectors at once, each fresh. Returns what `traffic` does, and by detector what it says. */
export async function encounter<T>(
  traffic: (t: Cleanup, watched: WatchedHost) => Promise<T>,
): Promise<{ sent: T; reports: Reports }> {
  const hooks: (() => unknown)[] = [];
  const cleanup = lastFirst({
    after: (hook) => {
      if (hook !== undefined) hooks.push(hook as () => unknown);
    },
  });
  try {
    const watched = await WatchedHost.create(cleanup);
    const room = await Room.open(cleanup, {
      namespace: watched.host,
      directory: join(watched.sandbox.directory, 'detectors'),
      openPorts,
    });
    const sent = await traffic(cleanup, watched);
    const log = await room.log();
    const others = packaged.map((each) => [each.name, reportsOf(each, log).map(normalised)] as const);
    return { sent, reports: new Map([[ours, ownReports(watched)], ...others]) };
  } finally {
    for (const hook of hooks) await hook();
  }
}

function ownReports({ kernel }: WatchedHost): (Report & { severity: number })[] {
  return kernel.events().map(({ source, kinds, ...rest }) => {
    const row = kernel.entry(source) ?? { source, kinds, ...rest };
    const entry = { ...row, crossingCount: null };
    return { source, kind: kinds.join('+'), severity: severity(entry) };
  });
}

/** Psad writes IPv6 addresses in full. */
function normalised({ source, kind }: Report): Report {
  return { source: addressText(parseAddress(source)), kind };
}
