import type { Kafka } from 'kafkajs';
import type { PortScanEvent, ReportEntry } from '../../src/common/event.ts';
import { TopicSender } from '../../src/common/kafka/sender.ts';
import type { Logger } from '../../src/common/logger.ts';
import { AlertDesk } from '../../src/consumer/alerts/desk.ts';
import { SensorWatch } from '../../src/consumer/alerts/sensor-watch.ts';
import { AlertTally } from '../../src/consumer/alerts/tally.ts';
import { AlertTopic } from '../../src/consumer/alerts/topic.ts';
import { SignatureGuard } from '../../src/consumer/control/guard.ts';
import { KnownSensors } from '../../src/consumer/control/sensors.ts';
import { ControlSubscriber } from '../../src/consumer/control/subscriber.ts';
import { Tally } from '../../src/consumer/control/tally.ts';
import { DeadLetters } from '../../src/consumer/dead-letters.ts';
import { Decoder } from '../../src/consumer/decoder.ts';
import { Report } from '../../src/consumer/report.ts';
import { EventSubscriber } from '../../src/consumer/subscriber.ts';
import { Upkeep } from '../../src/consumer/upkeep.ts';
import { ReportView } from '../../src/consumer/view.ts';
import { ReportWriter } from '../../src/consumer/writer.ts';
import type { Planted } from './planted.ts';
import { brokers, channels, control, nameOf, rows } from './topics.ts';

/** Seconds: no row grows so old. */
const expiry = 7 * 24 * 3600;
export const groups = { events: 'sim.consumer', control: 'sim.control' };

export interface ConsumerParts {
  kafka: Kafka;
  logger: Logger;
  planted: Planted;
}

/** A consumer's process, put together as src/consumer/main.ts does it. */
export class SimulatedConsumer {
  readonly report = new Report(expiry);
  readonly #view: ReportView;
  /** What is started and closed, in the order of starting. */
  readonly #owned: { start?(): void; close(): Promise<void> }[];

  constructor({ kafka, logger, planted }: ConsumerParts) {
    const { report } = this;
    const isOwner = (partition: number) => subscriber.isOwner(partition);
    const deadLetters = new DeadLetters(
      new TopicSender({ kafka, brokers, topic: nameOf('dead-letter') }),
      logger,
    );
    const writer = new ReportWriter({ kafka, brokers, ...rows, report });
    const view = new ReportView({
      ...{ kafka, brokers, topic: rows.topic, report, isOwner, deadLetters, logger },
      decoder: new Decoder<ReportEntry>(rows.codec, rows.topic, logger),
    });
    const { topic, codec } = channels.events;
    const subscriber = new EventSubscriber({
      ...{ kafka: planted.events?.(kafka) ?? kafka, brokers, groupId: groups.events, topic },
      ...{ decoder: new Decoder<PortScanEvent>(codec, topic, logger), report, view },
      ...{ writer, deadLetters, logger },
    });
    const upkeep = new Upkeep({ report, writer, isOwner, logger });
    const sensors = new KnownSensors({
      ...{ kafka, brokers, topic: control.sensors.topic, codec: control.sensors.status },
      ...{ deadLetters, isOwner: () => folding.term !== undefined, logger },
    });
    const guard = new SignatureGuard({
      ...{ mode: 'off', keys: null, signer: null, logger },
      ...{ controlTopic: control.control.topic, configTopic: control.config.topic },
    });
    const folding = new ControlSubscriber({
      ...{ kafka, foldingKafka: kafka, brokers, groupId: groups.control, transactionalId: 'sim.fold' },
      ...{ topics: control, sensors, guard, signer: null, tally: new Tally(logger) },
      ...{ deadLetters, logger },
    });
    const alerts = new AlertTopic({ kafka, brokers, topic: nameOf('alerts'), format: 'ecs' });
    const desk = new AlertDesk({
      ...{ report, watch: new SensorWatch(sensors), topic: alerts, tally: new AlertTally(), logger },
      term: () => folding.term,
      isCurrent: () => view.isCurrent,
      minSeverity: 21,
      isKnown: () => false,
      memory: expiry * 1000,
    });
    this.#view = view;
    this.#owned = [deadLetters, writer, view, subscriber, upkeep, sensors, folding, alerts, desk];
  }

  /** True while its report follows the topic. */
  get isCurrent(): boolean {
    return this.#view.isCurrent;
  }

  async run(): Promise<void> {
    for (const each of this.#owned) each.start?.();
  }

  /** What SIGTERM does. */
  async stop(): Promise<void> {
    for (const each of this.#owned.toReversed()) await each.close().catch(() => undefined);
  }
}
