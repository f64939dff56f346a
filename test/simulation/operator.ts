import type { Kafka } from 'kafkajs';
import type { Chance } from './chance.ts';
import { control } from './topics.ts';

/** Sends commands as people do: again when they hear nothing, and now and then what is none. */
export class Operator {
  readonly #chance: Chance;
  readonly #kafka: Kafka;
  readonly #targets: readonly string[];
  readonly #sources: readonly string[];
  readonly #trace: (line: string) => void;

  constructor(parts: {
    chance: Chance;
    kafka: Kafka;
    sensors: readonly string[];
    sources: readonly string[];
    trace: (line: string) => void;
  }) {
    this.#chance = parts.chance;
    this.#kafka = parts.kafka;
    this.#targets = [...parts.sensors, '*'];
    this.#sources = parts.sources;
    this.#trace = parts.trace;
  }

  async send(): Promise<void> {
    const value = this.#chance.happens(0.1) ? this.#nonsense() : this.#command();
    this.#trace(`sends ${value}`);
    const producer = this.#kafka.producer();
    for (let attempt = 0; attempt < 4; attempt++) {
      try {
        await producer.send({ topic: control.control.topic, messages: [{ value }] });
        if (this.#chance.happens(0.9)) return; // else once more: a duplicate
      } catch {
        // once more, with the same id
      }
    }
  }

  #command(): string {
    const { id, sensor } = { id: this.#chance.uuid(), sensor: this.#chance.pick(this.#targets) };
    return JSON.stringify({ id, sensor, ...this.#order() });
  }

  #order(): object {
    const source = this.#chance.pick(this.#sources);
    const prefixes = [`${this.#chance.pick(this.#sources)}/32`];
    return this.#chance.pick([
      () => ({ command: 'set-threshold', threshold: this.#chance.pick([15, 20, 30, null]) }),
      () => ({ command: 'set-icmp', icmpEnable: this.#chance.pick([true, false, null]) }),
      () => ({ command: 'ignore-add', prefixes }),
      () => ({ command: 'ignore-remove', prefixes }),
      () => ({ command: 'attach', device: 'eth1' }),
      () => ({ command: 'detach', device: 'eth1' }),
      () => ({ command: 'reset-source', source }),
      () => ({ command: 'clear-report' }),
      () => ({ command: 'explain', source }),
    ])();
  }

  /** Without an id, with an unknown command, or without an argument. */
  #nonsense(): string {
    const id = this.#chance.uuid();
    return this.#chance.pick([
      'no command at all',
      JSON.stringify({ id, sensor: 'edge1', command: 'reboot' }),
      JSON.stringify({ id, sensor: 'edge1', command: 'explain' }),
    ]);
  }
}
