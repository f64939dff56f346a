/**
 * The estimate that belongs to the S-bitmap of xdp/sketch.h, where its source is named: with b bits set,
 * C/2 · (q^−b − 1), q = 1 − 2/(C + 1). Its standard error is about a quarter.
 */
const c = 12.5;
const q = 1 - 2 / (c + 1);
const allPorts = 65_536;

/** Distinct ports of a source: `exact` remembered ones (at most `capacity`), `sketched` bits set in the sketch. */
export function distinctPorts(exact: number, sketched: number, capacity: number): number {
  if (exact < capacity) return exact;
  const estimate = Math.round((c / 2) * (q ** -sketched - 1));
  return Math.min(allPorts, Math.max(exact, estimate));
}
