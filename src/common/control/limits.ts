/** Most prefixes in a command. */
export const mostPrefixes = 1_000;
export const largestThreshold = 0xffff_ffff;
/** Seconds: 30 days. */
export const longestIdleReset = 30 * 86_400;
