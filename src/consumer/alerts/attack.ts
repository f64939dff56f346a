import type { ScanAlert } from './alert.ts';
import { isInternal } from './networks.ts';

/** What MITRE ATT&CK calls it. */
export interface Attack {
  tactic: Named;
  technique: Named;
  subtechnique: Named | null;
}

interface Named {
  id: string;
  name: string;
}

/** Somebody inside looks around. */
const discovery: Attack = {
  tactic: { id: 'TA0007', name: 'Discovery' },
  technique: { id: 'T1046', name: 'Network Service Discovery' },
  subtechnique: null,
};

/** A stranger prepares. */
const reconnaissance: Attack = {
  tactic: { id: 'TA0043', name: 'Reconnaissance' },
  technique: { id: 'T1595', name: 'Active Scanning' },
  subtechnique: { id: 'T1595.001', name: 'Scanning IP Blocks' },
};

/** By the sources: a stranger among them makes it a stranger's. */
export function attackOf({ members }: ScanAlert): Attack {
  return members.isFromInside ? discovery : reconnaissance;
}

export type Direction = 'internal' | 'inbound' | 'outbound' | 'external' | 'unknown';

/** Seen from the network of the internal addresses. */
export function directionOf({ lead, members }: ScanAlert): Direction {
  const { destination } = lead;
  if (destination === null) return 'unknown';
  const { isFromInside } = members;
  if (isInternal(destination)) return isFromInside ? 'internal' : 'inbound';
  return isFromInside ? 'outbound' : 'external';
}
