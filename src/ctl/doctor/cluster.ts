import type { Admin, Kafka } from 'kafkajs';
import type { SensorStatus } from '../../common/control/records.ts';
import { TickerError } from '../../common/errors.ts';
import { withAdmin } from '../../common/kafka/admin.ts';
import { createKafka } from '../../common/kafka/client.ts';
import { kafkaProblem } from '../../common/kafka/problem.ts';
import { createLogger } from '../../common/logger.ts';
import { SchemaRegistry } from '../../common/registry.ts';
import { Deadline } from '../deadline.ts';
import { type Latest, readLatest, type Session } from '../session.ts';
import type { CtlSettings } from '../settings.ts';
import { once } from './once.ts';

/** Kafka, as the checks ask it; all answers have to come within --timeout. */
export class Cluster {
  readonly #settings: CtlSettings;
  readonly #deadline: Deadline;

  constructor(settings: CtlSettings) {
    this.#settings = settings;
    this.#deadline = new Deadline(settings);
  }

  /** How many brokers there are. Throws KAFKA_…, TIMEOUT, SETTINGS. */
  readonly brokers = once(async () => {
    const { brokers } = await this.#admin((admin) => admin.describeCluster());
    return brokers.length;
  });

  /** What the sensors said last, by their id. Throws KAFKA_…, TOPIC_MISSING. */
  readonly fleet = once(async (): Promise<ReadonlyMap<string, Latest<SensorStatus>>> => {
    const registry = SchemaRegistry.from(this.#settings);
    return this.with((kafka) => {
      const session: Session = { settings: this.#settings, kafka, registry, logger: this.#logger };
      return readLatest<SensorStatus>(session, 'sensors', 'sensor-status');
    });
  });

  /** Throws NOT_CHECKED when the brokers cannot be asked at all: why is for the check of that to say, once. */
  async ask<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    await this.#beThere();
    return this.#admin(work);
  }

  /** The same, with a client. */
  async with<T>(work: (kafka: Kafka) => Promise<T>): Promise<T> {
    await this.#beThere();
    const { brokers } = this.#settings.kafka;
    return this.#deadline.within(work(this.#kafka())).catch((error: unknown) => {
      throw kafkaProblem(error, brokers);
    });
  }

  close(): void {
    this.#deadline.close();
  }

  get #logger() {
    return createLogger({ level: this.#settings.log.level, name: 'ticker_ctl', fd: 2 });
  }

  #kafka(): Kafka {
    return createKafka(this.#settings, this.#logger, 'ticker_ctl', { retries: 2 });
  }

  async #admin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const { brokers } = this.#settings.kafka;
    return this.#deadline.within(withAdmin({ kafka: this.#kafka(), brokers }, work));
  }

  async #beThere(): Promise<void> {
    try {
      await this.brokers();
    } catch {
      const remedy = 'see what the check kafka says';
      throw new TickerError('Kafka could not be asked', { code: 'NOT_CHECKED', remedy });
    }
  }
}
