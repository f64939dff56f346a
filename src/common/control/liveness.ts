import type { SensorState } from './records.ts';

/** A sensor publishes its status at least every 10 s; one that has not for so long is UNKNOWN. ms. */
export const silentAfter = 30_000;

/**
 * What may be believed of a sensor now. `heardAt` is its last status record's timestamp; both times in ms since 1970.
 * One that said that it stops is believed for ever.
 */
export function stateNow(said: SensorState, heardAt: number, now: number): SensorState {
  return said !== 'STOPPED' && now - heardAt > silentAfter ? 'UNKNOWN' : said;
}

/** True when it can be expected to answer. */
export function isAlive(said: SensorState, heardAt: number, now: number): boolean {
  const state = stateNow(said, heardAt, now);
  return state === 'RUNNING' || state === 'DEGRADED';
}
