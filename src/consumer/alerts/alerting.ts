import type { Kafka } from 'kafkajs';
import type { SendTally } from '../../common/kafka/send-tally.ts';
import { topicName } from '../../common/kafka/topics.ts';
import type { Logger } from '../../common/logger.ts';
import type { ControlPlane } from '../control/plane.ts';
import type { Report } from '../report.ts';
import type { ConsumerSettings } from '../settings.ts';
import type { ReportView } from '../view.ts';
import { AlertDesk } from './desk.ts';
import { SensorWatch } from './sensor-watch.ts';
import { severities } from './severity.ts';
import { AlertTally } from './tally.ts';
import { AlertTopic } from './topic.ts';

interface Options {
  settings: ConsumerSettings;
  kafka: Kafka;
  report: Report;
  view: ReportView;
  control: ControlPlane;
  sends: SendTally;
  /** True for the addresses of known scanners. */
  isKnown: (source: string) => boolean;
  logger: Logger;
}

/** Raises the alerts while this instance owns the control partition. */
export class Alerting {
  readonly tally = new AlertTally();
  readonly #topic: AlertTopic;
  readonly #desk: AlertDesk;

  constructor({ settings, kafka, report, view, control, sends, isKnown, logger }: Options) {
    const { format, minSeverity } = settings.alerts;
    this.#topic = new AlertTopic({
      kafka,
      brokers: settings.kafka.brokers,
      topic: topicName(settings, 'alerts'),
      sends,
      format,
    });
    this.#desk = new AlertDesk({
      report,
      watch: new SensorWatch(control.sensors),
      topic: this.#topic,
      term: () => control.term,
      isCurrent: () => view.isCurrent,
      minSeverity: severities.find((each) => String(each) === minSeverity) ?? 47,
      isKnown,
      memory: settings.report.expiry * 1000,
      tally: this.tally,
      logger,
    });
  }

  start(): void {
    this.#desk.start();
  }

  async close(): Promise<void> {
    await this.#desk.close();
    await this.#topic.close();
  }
}
