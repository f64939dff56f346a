import { portsOfBits } from '../common/sketch.ts';

const allPorts = 65_536;
const sketchBits = 64;
const estimates = Array.from({ length: sketchBits + 1 }, (_, bits) =>
  Math.min(allPorts, Math.round(portsOfBits(bits))),
);

/** Distinct ports of a source: `exact` remembered ones (at most `capacity`), `sketched` bits set in the sketch. */
export function distinctPorts(exact: number, sketched: number, capacity: number): number {
  if (exact < capacity) return exact;
  return Math.max(exact, estimates[sketched] ?? allPorts);
}
