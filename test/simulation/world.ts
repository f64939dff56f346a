import type { Logger } from '../../src/common/logger.ts';
import { Broker } from './broker/broker.ts';
import { kafkaOf } from './broker/client.ts';
import { Network } from './broker/network.ts';
import { Chance } from './chance.ts';
import { Clock } from './clock.ts';
import { SimulatedConsumer } from './consumer.ts';
import { Machine } from './machine.ts';
import { Operator } from './operator.ts';
import type { Planted } from './planted.ts';
import { SimulatedSensor } from './sensor.ts';
import { Supervised } from './supervised.ts';
import { nameOf, shapes } from './topics.ts';

export interface WorldOptions {
  seed: number;
  planted?: Planted;
  /** Takes what happens, line by line. */
  trace?: ((line: string) => void) | undefined;
}

/** All that a seed makes: hosts with their sensors, a broker, consumers, an operator, and who attacks. */
export class World {
  readonly clock = new Clock();
  readonly chance: Chance;
  readonly broker: Broker;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly sensors: ReadonlyMap<string, Supervised<SimulatedSensor>>;
  readonly consumers: readonly Supervised<SimulatedConsumer>[];
  readonly operator: Operator;
  readonly sources: readonly string[];
  /** Processes that have ended by themselves. */
  readonly crashes: string[] = [];
  /** When a status of each sensor was there for the first time, ms. */
  readonly heardOf = new Map<string, number>();
  /** When the broker comes back that is away, or came back last; ms. */
  brokerBackAt = 0;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #planted: Planted;

  constructor({ seed, planted = {}, trace }: WorldOptions) {
    this.#trace = trace;
    this.#planted = planted;
    this.chance = new Chance(seed);
    const { chance, clock } = this;
    const rate = () => (chance.happens(0.5) ? chance.between(0, 0.04) : 0);
    const rates = {
      ...{ refused: rate(), unheard: rate(), answerLost: rate() },
      ...{ late: rate(), twice: rate(), silent: rate() },
    };
    this.broker = new Broker(clock, chance, new Network(clock, chance, rates), shapes);
    this.broker.log(nameOf('sensors'), 0).onCommitted = ({ key }) => {
      if (!this.heardOf.has(String(key))) this.heardOf.set(String(key), clock.now);
    };
    this.sources = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const names = ['edge1', 'edge2'].slice(0, chance.whole(1, 2));
    this.machines = new Map(names.map((name) => [name, new Machine(clock, chance, chance.whole(2, 12))]));
    this.sensors = new Map(
      Array.from(this.machines, ([name, machine]) => [name, this.#sensor(name, machine)]),
    );
    this.consumers = ['consumer1', 'consumer2']
      .slice(0, chance.whole(1, 2))
      .map((name) => this.#consumer(name));
    this.operator = new Operator({
      ...{ chance, kafka: kafkaOf(this.broker, 'operator'), sensors: names, sources: this.sources },
      trace: (line) => this.trace('operator', line),
    });
  }

  get processes(): Supervised<SimulatedSensor | SimulatedConsumer>[] {
    return [...this.sensors.values(), ...this.consumers];
  }

  trace(who: string, what: string): void {
    this.#trace?.(`${new Date(this.clock.now).toISOString().slice(11, 23)} ${who}: ${what}`);
  }

  #sensor(id: string, machine: Machine): Supervised<SimulatedSensor> {
    const { clock, chance, broker } = this;
    const make = (process: string) =>
      new SimulatedSensor({
        ...{ id, machine, clock, kafka: kafkaOf(broker, process), logger: this.#logger(process) },
        ...{ planted: this.#planted, staysAttached: () => chance.happens(0.5) },
      });
    return new Supervised(clock, id, make, (process, error) => this.#crashed(process, error));
  }

  #consumer(name: string): Supervised<SimulatedConsumer> {
    const make = (process: string) =>
      new SimulatedConsumer({
        ...{ kafka: kafkaOf(this.broker, process), logger: this.#logger(process), planted: this.#planted },
      });
    return new Supervised(this.clock, name, make, (process, error) => this.#crashed(process, error));
  }

  #crashed(process: string, error: unknown): void {
    this.crashes.push(`${process} ended by itself: ${String(error)}`);
  }

  /** What a process logs is part of the trace. */
  #logger(process: string): Logger {
    const log = (...given: unknown[]) => this.trace(process, given.map(textOf).join(' '));
    const logger: Pick<Logger, 'info' | 'warn' | 'error' | 'debug' | 'trace'> = {
      ...{ info: log, warn: log, error: log, debug: log, trace: log },
    };
    return logger as Logger;
  }
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? given : '';
}
