/** The latest that a Date can be, ms since 1970; as far before is the earliest. */
export const latestTime = 8.64e15;

/** ISO 8601 of ms since 1970; of what no Date can be, the nearest that can. */
export function isoTime(ms: number): string {
  return new Date(Math.min(latestTime, Math.max(-latestTime, ms))).toISOString();
}
