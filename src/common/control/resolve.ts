import type { CountPolicy, Field, IgnorePrefix, SensorConfig, XdpMode } from './records.ts';

/** What a sensor is set to by its own arguments, environment and file. */
export interface OwnSettings {
  threshold: number;
  icmpEnable: boolean;
  countPolicy: CountPolicy;
  /** Seconds; 0: never. */
  idleReset: number;
  /** RFC 5952 text and length. */
  ignore: readonly string[];
  /** Attached at start, all in this mode. */
  devices: readonly string[];
  xdpMode: XdpMode;
}

/** What commands have set, for one sensor and for all: the records of the config topic that concern it. */
export interface Commanded {
  own: SensorConfig | undefined;
  all: SensorConfig | undefined;
  /** By prefix. */
  ownPrefixes: ReadonlyMap<string, IgnorePrefix>;
  allPrefixes: ReadonlyMap<string, IgnorePrefix>;
}

/** The configuration a sensor has to bring itself to. */
export interface Desired {
  /** Offset of the newest command in it; -1: none. */
  version: number;
  threshold: number;
  icmpEnable: boolean;
  countPolicy: CountPolicy;
  idleReset: number;
  ignore: ReadonlySet<string>;
  /** Mode by device. */
  devices: ReadonlyMap<string, XdpMode>;
}

/**
 * Own settings, then what commands have set: of a field that is set in both records, the one with the higher offset;
 * a null in it is the own setting again. Devices and prefixes are fields of their own.
 */
export function resolve(own: OwnSettings, commanded: Commanded): Desired {
  const { own: mine, all } = commanded;
  return {
    version: Math.max(mine?.version ?? -1, all?.version ?? -1),
    threshold: newer(mine?.threshold, all?.threshold)?.value ?? own.threshold,
    icmpEnable: newer(mine?.icmpEnable, all?.icmpEnable)?.value ?? own.icmpEnable,
    countPolicy: policyOf(newer(mine?.countPolicy, all?.countPolicy)) ?? own.countPolicy,
    idleReset: newer(mine?.idleReset, all?.idleReset)?.value ?? own.idleReset,
    ignore: resolveIgnore(own.ignore, commanded),
    devices: resolveDevices(own, mine, all),
  };
}

function newer<T extends { offset: number }>(
  a: T | null | undefined,
  b: T | null | undefined,
): T | null | undefined {
  if (a == null || b == null) return a ?? b;
  return a.offset > b.offset ? a : b;
}

/** The prefixes that are ignored in the end: RFC 5952 text and length. */
export function resolveIgnore(
  own: readonly string[],
  { ownPrefixes, allPrefixes }: Pick<Commanded, 'ownPrefixes' | 'allPrefixes'>,
): Set<string> {
  const result = new Set(own);
  for (const prefix of new Set([...ownPrefixes.keys(), ...allPrefixes.keys()])) {
    if (newer(ownPrefixes.get(prefix), allPrefixes.get(prefix))?.ignored === true) result.add(prefix);
    else result.delete(prefix);
  }
  return result;
}

function resolveDevices(
  own: OwnSettings,
  mine: SensorConfig | undefined,
  all: SensorConfig | undefined,
): Map<string, XdpMode> {
  const result = new Map(own.devices.map((device) => [device, own.xdpMode]));
  const set = [...(mine?.devices ?? []), ...(all?.devices ?? [])].toSorted((a, b) => a.offset - b.offset);
  for (const { device, mode } of set) {
    if (mode === null) result.delete(device);
    else result.set(device, modeOf(mode));
  }
  return result;
}

function modeOf(text: string): XdpMode {
  return text === 'driver' || text === 'skb' ? text : 'auto';
}

function policyOf(field: Field<string> | null | undefined): CountPolicy | undefined {
  const value = field?.value;
  return value === 'attempts' || value === 'all' ? value : undefined;
}
