import type { Alert } from '../../src/consumer/alerts/alert.ts';
import type { Told } from '../../src/consumer/alerts/told.ts';
import type { AlertTopic } from '../../src/consumer/alerts/topic.ts';

/** Keeps what is sent to it as Kafka would; fails when a test says so. */
export class FakeAlertTopic implements Pick<AlertTopic, 'read' | 'send'> {
  readonly sent: Alert[] = [];
  /** When each takeover has read from, ms since 1970. */
  readonly reads: number[] = [];
  /** What the next sends fail with. */
  readonly failures: Error[] = [];

  async read(since: number): Promise<Told[]> {
    this.reads.push(since);
    return this.sent.map(({ told }) => told);
  }

  async send(alerts: readonly Alert[]): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.sent.push(...alerts);
  }

  /** "port-scan-detected 47 192.0.2.1" of each that was sent. */
  get summaries(): string[] {
    return this.sent.map(({ action, severity, key }) => `${action} ${severity} ${key}`);
  }
}
