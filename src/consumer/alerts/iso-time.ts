/** What a Date can be, ms from 1970. */
const farthest = 8.64e15;

/** ISO 8601 of ms since 1970; of what no Date can be, the nearest that can. */
export function isoTime(ms: number): string {
  return new Date(Math.min(farthest, Math.max(-farthest, ms))).toISOString();
}
