import type { Admin, Kafka } from 'kafkajs';
import { within } from '../within.ts';
import { sayGoodbye } from './goodbye.ts';
import { kafkaProblem, type Subject } from './problem.ts';

/** What the work may take, all that kafkajs tries included; ms. */
const workDeadline = 60_000;

interface Options {
  kafka: Kafka;
  /** For messages. */
  brokers: readonly string[];
  /** For messages, too. */
  subject?: Subject;
}

/** Lends a connection for administrative work. Throws kafkajs' errors as KAFKA_…, and SILENT when it takes too long. */
export async function withAdmin<T>(
  { kafka, brokers, subject = {} }: Options,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  const done = admin.connect().then(() => work(admin));
  try {
    return await within(done, { from: 'Kafka to an administrative request', ms: workDeadline });
  } catch (error) {
    throw kafkaProblem(error, brokers, subject);
  } finally {
    await sayGoodbye(admin);
  }
}
