import kafkajs from 'kafkajs';
import { isAlive } from '../common/control/liveness.ts';
import { TickerError } from '../common/errors.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { topicName } from '../common/kafka/topics.ts';
import { Deadline } from './deadline.ts';
import { type ExitCode, exit } from './exit.ts';
import { type Fleet, readFleet, whereabouts } from './fleet.ts';
import { print } from './output.ts';
import type { Session } from './session.ts';

/**
 * Takes a sensor that is gone from the status. What commands have set for it stays: if it comes back, it finds it.
 * Throws UNKNOWN_SENSOR, SENSOR_ALIVE, KAFKA_….
 */
export async function forget(session: Session, sensor: string): Promise<ExitCode> {
  const deadline = new Deadline(session.settings);
  try {
    checkGone(await deadline.within(readFleet(session)), sensor, Date.now());
    await deadline.within(removeStatus(session, sensor));
  } finally {
    deadline.close();
  }
  print(`${sensor}: forgotten`);
  return exit.done;
}

function checkGone(fleet: Fleet, sensor: string, now: number): void {
  const known = fleet.get(sensor);
  if (known === undefined) {
    throw new TickerError(`${sensor}: ${whereabouts(fleet, sensor, now)}`, {
      code: 'UNKNOWN_SENSOR',
      remedy: 'ticker_ctl status lists all',
    });
  }
  if (isAlive(known.value.state, known.timestamp, now)) {
    throw new TickerError(`${sensor} is alive, ${whereabouts(fleet, sensor, now)}`, {
      code: 'SENSOR_ALIVE',
      remedy: 'stop it first, or it is back in 10 s',
    });
  }
}

async function removeStatus({ settings, kafka }: Session, sensor: string): Promise<void> {
  const topic = topicName(settings, 'sensors');
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
    const messages = [{ key: sensor, value: null, partition: 0, timestamp: String(Date.now()) }];
    await producer.send({ topic, acks: -1, messages });
  } catch (error) {
    throw kafkaProblem(error, settings.kafka.brokers, { topic });
  }
}
