import type { ReportEntry } from '../../common/event.ts';
import type { Alert } from './alert.ts';
import { isOfHosts, scanName } from './words.ts';

/** What has found it, for SIEMs that count and silence by rule. */
export interface Rule {
  id: string;
  name: string;
}

/** Raised when what makes an alert changes. */
export const ruleVersion = '1';

const names: Readonly<Partial<Record<Alert['action'], string>>> = {
  'fleet-sweep-detected': 'Fleet sweep',
  'distributed-scan-detected': 'Distributed scan',
  'sensor-silent': 'Sensor silent',
  'sensor-recovered': 'Sensor recovered',
  'events-dropped': 'Events dropped',
  'events-dropped-ended': 'No more events dropped',
  'sensor-id-conflict': 'Sensor id in use twice',
  'sensor-id-conflict-ended': 'Sensor id in use once',
};

export function ruleOf(alert: Alert): Rule {
  const name = names[alert.action];
  if (name !== undefined) return { id: alert.action.replace(/-detected$/, ''), name };
  return alert.about === 'scan' ? ruleOfRow(alert.lead) : { id: alert.action, name: alert.action };
}

/** vertical-syn, "Vertical TCP SYN scan"; several kinds are mixed. */
function ruleOfRow(row: ReportEntry): Rule {
  const kinds = row.kinds.filter((kind) => kind !== 'CONNECT');
  const [kind = 'port'] = kinds;
  const what = kinds.length > 1 ? 'mixed' : kind.toLowerCase().replaceAll('_', '-');
  const form = isOfHosts(row) ? 'horizontal' : 'vertical';
  const title = kinds.length > 1 ? 'mixed scan' : scanName(row);
  return { id: `${form}-${what}`, name: `${form[0]?.toUpperCase()}${form.slice(1)} ${title}` };
}
