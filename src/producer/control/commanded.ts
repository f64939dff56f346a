import type { IgnorePrefix, SensorConfig } from '../../common/control/records.ts';
import { allSensors } from '../../common/control/records.ts';
import type { Commanded } from '../../common/control/resolve.ts';

/** What a key of the config topic names. */
export type ConfigKey = { sensor: string; prefix: string | null };

/** `SENSOR` or `SENSOR/ignore/PREFIX`. */
export function parseKey(key: string): ConfigKey {
  const mark = '/ignore/';
  const at = key.indexOf(mark);
  if (at < 0) return { sensor: key, prefix: null };
  return { sensor: key.slice(0, at), prefix: key.slice(at + mark.length) };
}

/** What commands have set, as far as the records say that were put in. An older version never replaces a newer one. */
export class CommandedState implements Commanded {
  own: SensorConfig | undefined;
  all: SensorConfig | undefined;
  readonly ownPrefixes = new Map<string, IgnorePrefix>();
  readonly allPrefixes = new Map<string, IgnorePrefix>();
  readonly #sensor: string;

  constructor(sensor: string) {
    this.#sensor = sensor;
  }

  /** True when a key concerns this sensor. */
  concerns({ sensor }: ConfigKey): boolean {
    return sensor === this.#sensor || sensor === allSensors;
  }

  putConfig(config: SensorConfig): void {
    const which = config.sensor === allSensors ? 'all' : 'own';
    if (config.version >= (this[which]?.version ?? -1)) this[which] = config;
  }

  putPrefix(record: IgnorePrefix): void {
    const prefixes = this.#prefixes(record.sensor);
    if (record.offset >= (prefixes.get(record.prefix)?.offset ?? -1)) prefixes.set(record.prefix, record);
  }

  /** A record that was removed: nothing is commanded any more. */
  remove({ sensor, prefix }: ConfigKey): void {
    if (prefix !== null) this.#prefixes(sensor).delete(prefix);
    else this[sensor === allSensors ? 'all' : 'own'] = undefined;
  }

  #prefixes(sensor: string): Map<string, IgnorePrefix> {
    return sensor === allSensors ? this.allPrefixes : this.ownPrefixes;
  }
}
