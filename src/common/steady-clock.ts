/**
 * ms since 1970 by the machine's clock at the start of this process, and from there on without a jump, whatever that clock
 * is set to. For ages and waits; a date is Date.now().
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
