import { AvroCodec } from '../common/avro.ts';
import type { PortScanEvent } from '../common/event.ts';
import { createHttpServer, listen } from '../common/http.ts';
import { createKafka } from '../common/kafka/client.ts';
import { prepareTopics, topicName } from '../common/kafka/topics.ts';
import type { Context } from '../common/lifecycle.ts';
import { persist } from '../common/persist.ts';
import { SchemaRegistry } from '../common/registry.ts';
import { finish } from './finish.ts';
import { Pipeline } from './pipeline.ts';
import { Publisher } from './publisher.ts';
import { remove } from './remove.ts';
import { openSensor } from './sensor.ts';
import type { ProducerSettings } from './settings.ts';

/** Few, so that a failure is told soon: what is to be repeated for longer is repeated here, with a fresh client. */
const retries = 2;

/** Assembles the producer and runs it until it is to stop. */
export async function start({ settings, logger, lifecycle }: Context<ProducerSettings>): Promise<void> {
  if (settings.remove) {
    remove(settings, logger);
    lifecycle.stop('removed');
    return;
  }
  const topic = topicName(settings, 'events');
  const codec = new AvroCodec<PortScanEvent>('port-scan-event', SchemaRegistry.from(settings));
  const connect = () =>
    createKafka(settings, logger, `port-ticker-producer-${settings.sensor.id}`, { retries });

  const sensor = openSensor(settings, logger);
  lifecycle.own('sensor', () => sensor.sensor.close());
  const publisher = new Publisher({ connect, topic, brokers: settings.kafka.brokers, logger });
  lifecycle.own('Kafka client', () => publisher.close());
  const pipeline = new Pipeline({ ...sensor, codec, publisher, threshold: () => settings.own.threshold });
  let isPrepared = false;
  let running = Promise.resolve();
  lifecycle.own('pipeline', async () => {
    await running;
    return finish(sensor, pipeline, { canDeliver: isPrepared, settings });
  });

  const http = createHttpServer(settings.http, {
    healthy: () => true,
    waitingFor: () => (isPrepared && publisher.isWorking ? [] : ['Kafka']),
  });
  lifecycle.own('HTTP server', () => http.close());
  logger.info(`serving ${await listen(http, settings.http)}`);

  const patience = { logger, signal: lifecycle.stopping };
  await persist(() => prepareTopics(connect(), settings, ['events']), {
    what: `preparing ${topic}`,
    ...patience,
  });
  await persist(() => codec.register(topic), { what: 'registering the schema', ...patience });
  isPrepared = true;
  logger.info(`delivering to ${topic} at ${settings.kafka.brokers.join(', ')}`);
  running = pipeline.run(lifecycle.stopping);
  await running;
}
