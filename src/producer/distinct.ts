import { portsOfBits } from '../common/sketch.ts';

const allPorts = 65_536;

/** Distinct ports of a source: `exact` remembered ones (at most `capacity`), `sketched` bits set in the sketch. */
export function distinctPorts(exact: number, sketched: number, capacity: number): number {
  if (exact < capacity) return exact;
  return Math.min(allPorts, Math.max(exact, Math.round(portsOfBits(sketched))));
}
