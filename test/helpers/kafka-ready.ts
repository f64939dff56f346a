import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { stopIdleTimers } from '../../src/common/kafka/traps/idle-timer.ts';

/**
 * Waits until a broker serves topics, consumer groups and transactions, or throws what hindered it last when the
 * signal aborts. A port that accepts connections is not enough: in its first seconds a broker answers that its
 * coordinators are still loading.
 */
export async function waitForCoordinators(brokers: string, signal: AbortSignal): Promise<void> {
  stopIdleTimers();
  const kafka = new Kafka({
    brokers: [brokers],
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 1, initialRetryTime: 50 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const producer = kafka.producer({
    transactionalId: 'port-ticker-ready',
    idempotent: true,
    maxInFlightRequests: 1,
  });
  try {
    while (!(await succeeds(() => askCoordinators(admin, producer), signal))) await sleep(50);
  } finally {
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
  }
}

/** False when the attempt failed and there is time for another one. */
async function succeeds(attempt: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

async function askCoordinators(admin: Admin, producer: Producer): Promise<void> {
  await admin.connect();
  await askGroupCoordinators(admin);
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.abort();
}

/** Groups belong to a partition of __consumer_offsets by the hash of their name: these fifty names reach all fifty. */
async function askGroupCoordinators(admin: Admin): Promise<void> {
  const names = Array.from({ length: 50 }, (_, index) => String.fromCharCode('A'.charCodeAt(0) + index));
  await admin.describeGroups(names);
}
