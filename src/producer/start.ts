import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { allowListOf } from '../common/control/keys-file.ts';
import { describe } from '../common/errors.ts';
import { createHttpServer, type Health, listen } from '../common/http.ts';
import { createKafka } from '../common/kafka/client.ts';
import { SendTally } from '../common/kafka/send-tally.ts';
import { prepareTopics } from '../common/kafka/topics.ts';
import { throttledUntil } from '../common/kafka/traps/throttle.ts';
import type { Context } from '../common/lifecycle.ts';
import type { Logger } from '../common/logger.ts';
import { persist } from '../common/persist.ts';
import { createChannels, registerSchemas } from './channels.ts';
import { SensorControl } from './control/control.ts';
import { ConfigFollower } from './control/follower.ts';
import { recallVersion } from './control/recall.ts';
import { finish } from './finish.ts';
import { NativeKernel } from './kernel.ts';
import { addProducerMetrics } from './metrics.ts';
import { ownSettings } from './own.ts';
import { soon } from './patience.ts';
import { Pipeline } from './pipeline.ts';
import { Publisher } from './publisher.ts';
import { remove } from './remove.ts';
import { reset } from './reset.ts';
import { abandon, openSensor, removeOthers } from './sensor.ts';
import type { ProducerSettings } from './settings.ts';

/** Few, so that a failure is told soon: what is to be repeated for longer is repeated here, with a fresh client. */
const retries = 2;
/** What a stop may take to say so; ms. */
const farewell = 2_000;

/** Assembles the producer and runs it until it is to stop. */
export async function start({ settings, logger, lifecycle }: Context<ProducerSettings>): Promise<void> {
  if (settings.remove) {
    remove(settings, logger);
    lifecycle.stop('removed');
    return;
  }
  const { brokers } = settings.kafka;
  const { id } = settings.sensor;
  const { stopping } = lifecycle;
  const channels = createChannels(settings);
  const { events, results, sensors } = channels;
  const clientId = `port-ticker-producer-${id}`;
  const connect = () => createKafka(settings, logger, clientId, { retries });
  const kafka = connect(); // before the sensor: where the login is configured wrongly, nothing is touched

  const open = openSensor(settings, logger);
  const { sensor, links } = open;
  lifecycle.own('sensor', () => sensor.close());
  const sends = new SendTally(settings, ['events', 'control-results', 'sensors']);
  const sending = { connect, brokers, logger, sends, throttledUntil: () => throttledUntil(clientId) };
  const publisher = new Publisher(sending);
  lifecycle.own('Kafka client', () => publisher.close());
  const answers = new Publisher(sending);
  lifecycle.own('Kafka client for answers', () => answers.close());

  const threshold = () => kernel.numbers.threshold;
  const pipeline = new Pipeline({ ...open, ...events, publisher, threshold });
  const kernel = new NativeKernel({
    ...open,
    logger,
    reset: (source, signal) =>
      reset({ ...open, ...events, pipeline, connect, brokers, publisher, threshold, logger }, source, signal),
  });
  const follower = new ConfigFollower({
    kafka,
    brokers,
    ...channels.config,
    sensor: id,
    signatures: settings.signatures.mode,
    keys: allowListOf(settings.signatures),
    logger,
    onChange: () => control.update(),
  });
  const own = ownSettings(settings);
  const control = new SensorControl({
    ...{ sensor: id, own, kernel, config: follower, publisher: answers, results, sensors, logger },
  });
  let isPrepared = false;
  let running: Promise<unknown>[] = [];
  lifecycle.own('pipeline', async () => {
    await Promise.allSettled(running); // also after one has failed: what is attached must not stay behind
    const note = await finish(sensor, pipeline, { canDeliver: isPrepared, settings });
    if (isPrepared && answers.isWorking) await control.sayStopped(AbortSignal.timeout(farewell));
    return note;
  });
  lifecycle.own('configuration', async () => {
    links.close();
    await follower.close();
  });

  const health: Health = {
    stalled: () => [
      ...(publisher.isStalled ? ['the events'] : []),
      ...(answers.isStalled ? ['the answers'] : []),
      ...(follower.isStalled ? ['the configuration'] : []),
    ],
    waitingFor: () => [
      ...(isPrepared && publisher.isWorking && answers.isWorking ? [] : ['Kafka']),
      ...(follower.hasCaughtUp ? [] : ['the configuration']),
    ],
  };
  const http = createHttpServer(settings.http, health);
  const publishers = { events: publisher, answers };
  addProducerMetrics(http, { health, usage: () => kernel.usage(), control, pipeline, publishers, sends });
  lifecycle.own('HTTP server', () => http.close());
  logger.info(`serving ${await listen(http, settings.http)}`);

  const prepare = async () => {
    await prepareTopics(connect(), settings, ['events', 'control-results', 'config', 'sensors']);
    await registerSchemas(channels);
    return { lastVersion: await recallVersion(connect(), sensors, id, brokers) };
  };

  // The configuration first, so that nothing is attached that a command has detached, nor counted that one ignores;
  // but without Kafka a sensor begins with what it has.
  let prepared = await soon(prepare(), 'preparing the topics', logger);
  const following = prepared && follower.start();
  if (following) await soon(following, 'reading the configuration', logger);
  try {
    control.begin();
  } catch (error) {
    abandon(sensor);
    throw error;
  }
  removeOthers(sensor, logger);
  links.onChange(() => {
    links.arm();
    refresh(sensor, logger);
    control.update();
  });
  links.arm();

  prepared ??= await persist(prepare, { what: 'preparing the topics', logger, signal: stopping });
  isPrepared = true;
  const { lastVersion } = prepared;
  logger.info(`delivering to ${events.topic} at ${brokers.join(', ')}`);
  running = [
    pipeline.run(stopping),
    (following ?? follower.start()).then(() => control.run(lastVersion, stopping)),
  ];
  await Promise.all(running);
}

/** The namespace may be going away at this very moment: then its devices have gone, which is told elsewhere. */
function refresh(sensor: Sensor, logger: Logger): void {
  try {
    sensor.refreshSurroundings();
  } catch (error) {
    logger.warn(`looking at the network namespace: ${describe(error)}`);
  }
}
