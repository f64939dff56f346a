import { readFileSync } from 'node:fs';
import { type Examine, fail, type Group, ok } from '../finding.ts';

export const group: Group = 'machine';
export const doc = 'this user may load the kernel program and attach it';

/** Numbers of linux/capability.h. */
const bits = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

/** What whoever runs this may do: run it as the producer is run. */
export const examine: Examine = ({ place }) => {
  const missing = missingCapabilities(place.netns !== null);
  if (missing.length === 0) return ok('this user has all that a producer needs');
  return fail(
    `this user lacks ${missing.join(', ')}`,
    'run doctor as the producer is run: as root, or with these (systemd: AmbientCapabilities=, container: --cap-add)',
  );
};

/** Of those that the producer checks before it loads anything. */
function missingCapabilities(entersNamespace: boolean): string[] {
  const has = heldCapabilities();
  const isAdmin = has('CAP_SYS_ADMIN');
  return [
    ...(has('CAP_BPF') || isAdmin ? [] : ['CAP_BPF']),
    ...(has('CAP_NET_ADMIN') ? [] : ['CAP_NET_ADMIN']),
    ...(has('CAP_PERFMON') || isAdmin ? [] : ['CAP_PERFMON']),
    ...(!entersNamespace || isAdmin ? [] : ['CAP_SYS_ADMIN (to enter a network namespace)']),
  ];
}

function heldCapabilities(): (name: keyof typeof bits) => boolean {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const held = BigInt(`0x${mask}`);
  return (name) => ((held >> BigInt(bits[name])) & 1n) === 1n;
}
