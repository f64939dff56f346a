import type { ControlStatus, IgnorePrefix, SensorConfig } from '../../common/control/records.ts';
import { largest } from '../../common/extremes.ts';
import type { Folded } from './fold.ts';

const none: ReadonlyMap<string, IgnorePrefix> = new Map();

/** What the committed records of the config and control-results topics say. */
export class ControlState {
  readonly #configs = new Map<string, SensorConfig>();
  /** By sensor id or *, then by prefix. */
  readonly #prefixes = new Map<string, Map<string, IgnorePrefix>>();
  readonly #answers = new Map<string, ControlStatus>();

  /** What is set for a sensor id or *. */
  config(sensor: string): SensorConfig | undefined {
    return this.#configs.get(sensor);
  }

  /** Offset of the newest command in any configuration; -1: none. */
  get newestVersion(): number {
    return Math.max(-1, largest(Array.from(this.#configs.values(), ({ version }) => version)));
  }

  prefixes(sensor: string): ReadonlyMap<string, IgnorePrefix> {
    return this.#prefixes.get(sensor) ?? none;
  }

  /** The sensors with prefixes of their own, and * when it has some. */
  sensorsWithPrefixes(): Iterable<string> {
    return this.#prefixes.keys();
  }

  /** The consumer's first answer to a command. */
  answer(id: string): ControlStatus | undefined {
    return this.#answers.get(id);
  }

  keepAnswer(id: string, status: ControlStatus): void {
    if (!this.#answers.has(id)) this.#answers.set(id, status);
  }

  keep({ config, prefixes }: Folded): void {
    this.keepConfig(config);
    for (const prefix of prefixes) this.keepPrefix(prefix);
  }

  /** An older version, written again by whoever, does not replace a newer one. */
  keepConfig(config: SensorConfig): void {
    if (config.version < (this.#configs.get(config.sensor)?.version ?? -1)) return;
    this.#configs.set(config.sensor, config);
  }

  keepPrefix(prefix: IgnorePrefix): void {
    const held = this.#prefixes.get(prefix.sensor) ?? new Map<string, IgnorePrefix>();
    if (prefix.offset >= (held.get(prefix.prefix)?.offset ?? -1)) held.set(prefix.prefix, prefix);
    this.#prefixes.set(prefix.sensor, held);
  }
}
