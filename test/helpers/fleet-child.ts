/**
 * A process of its own with many simulated sensors.
 *
 *     node fleet-child.ts BROKERS PREFIX FIRST COUNT
 *
 * Prints "ready" when all have begun to report, and when its standard input ends its memory in MiB and the
 * processor time it took in ms.
 */
import { once } from 'node:events';
import { createKafka } from '../../src/common/kafka/client.ts';
import { createChannels } from '../../src/producer/channels.ts';
import { SimulatedSensor } from './simulated-sensor.ts';
import { kafkaSettings, silent } from './topics.ts';

const [brokers = '', prefix = '', first = '0', count = '0'] = process.argv.slice(2);
/** Sensors that start at the same time. */
const concurrency = 10;

const settings = kafkaSettings(brokers, prefix);
const channels = createChannels(settings);
const sensors = Array.from({ length: Number(count) }, (_, index) => {
  const id = `sim${Number(first) + index}`;
  return new SimulatedSensor(id, () => createKafka(settings, silent, id), settings.kafka.brokers, channels);
});
const queue = [...sensors];
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (let sensor = queue.shift(); sensor !== undefined; sensor = queue.shift()) await sensor.start();
  }),
);
process.stdout.write('ready\n');
process.stdin.resume();
await once(process.stdin, 'end');
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${Math.round(process.memoryUsage.rss() / 2 ** 20)} ${Math.round((user + system) / 1000)}\n`,
);
process.exit(0);
