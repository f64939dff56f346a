import type { Cleanup } from '../../test/helpers/cleanup.ts';
import type { Kafka } from '../../test/helpers/kafka.ts';
import { spread } from '../spread.ts';
import { assemble } from './cast.ts';
import { type Connected, connectSensors } from './connected.ts';
import { Feeder } from './feeder.ts';
import { bytesOf, costOf, idle, inTurns, type Spread, type Times } from './rounds.ts';
import { eventWorks, statusWork } from './works.ts';

const prefix = 'slopes';
const rounds = 5;
/** That say how they are. */
const sensors = 10_000;

/** What one more of each takes. */
export interface Slopes {
  /** On the disk of each replica, bytes. */
  bytes: { alone: number; event: number; row: number; alert: number; status: number };
  /** µs of processor time of a consumer. */
  consumer: {
    /** An event with a source of its own: read, its row written, and read again. */
    event: Spread;
    /** An event of a source that comes again and again: its rows are written once for many. */
    update: Spread;
    /** A row that another consumer writes. */
    row: Spread;
    /** An event that the consumer reads which audits, beside the row. */
    audit: Spread;
    /** Beside event and row. */
    alert: Spread;
    status: Spread;
  };
  /** ms of processor time a second. */
  standing: {
    /** Of a consumer that has nothing to do. */
    consumer: number;
    /** For each sensor that it knows: of one, and of the one that alerts. */
    sensor: number;
    watched: number;
  };
  /** µs of processor time of the broker, with all that consumers fetch and write for it. */
  broker: { alone: Spread; event: Spread; update: Spread; status: Spread };
  connected: Connected;
}

/** Measures one broker and three consumers. */
export async function measureSlopes(t: Cleanup, kafka: Kafka): Promise<Slopes> {
  const connected = await connectSensors(t, kafka);
  const cast = await assemble(t, { KAFKA_BROKERS: kafka.brokers, TOPIC_PREFIX: prefix });
  const stage = { kafka, prefix, cast };
  const feeder = await Feeder.open(t, kafka.brokers, prefix, 1);
  const works = eventWorks(feeder);
  await inTurns(stage, works, 1); // warm: compiled code, caches
  const events = await inTurns(stage, works, rounds);
  const status = statusWork(feeder, sensors);
  const unknown = await idles(() => idle(stage));
  await inTurns(stage, [status], 1);
  const known = await idles(() => idle(stage));
  const statuses = await inTurns(stage, [status], rounds);
  await Promise.all(Object.values(cast).map(({ service }) => service.stop()));

  const follower = costOf(events, 'crossing', 'follower');
  const folder = costOf(events, 'crossing', 'folder');
  return {
    bytes: {
      alone: bytesOf(events, 'crossing alone', 'events'),
      event: bytesOf(events, 'crossing', 'events'),
      row: bytesOf(events, 'crossing', 'report'),
      alert: bytesOf(events, 'alert', 'alerts'),
      status: bytesOf(statuses, 'status', 'sensors'),
    },
    consumer: {
      event: costOf(events, 'crossing', 'owner'),
      update: costOf(events, 'update', 'owner'),
      row: follower,
      audit: over(folder, follower),
      alert: over(costOf(events, 'alert', 'folder'), folder),
      status: costOf(statuses, 'status', 'follower'),
    },
    standing: {
      consumer: unknown.follower,
      sensor: (known.follower - unknown.follower) / sensors,
      watched: (known.folder - unknown.folder) / sensors,
    },
    broker: {
      alone: costOf(events, 'crossing alone', 'broker'),
      event: costOf(events, 'crossing', 'broker'),
      update: costOf(events, 'update', 'broker'),
      status: costOf(statuses, 'status', 'broker'),
    },
    connected,
  };
}

/** The median of several times of rest. */
async function idles(measure: () => Promise<Times>): Promise<Times> {
  const all: Times[] = [];
  for (let round = 0; round < 3; round += 1) all.push(await measure());
  const median = (part: keyof Times) => spread(all.map((times) => times[part])).median;
  return {
    ...{ owner: median('owner'), folder: median('folder') },
    ...{ follower: median('follower'), broker: median('broker') },
  };
}

/** What is above something else, median above median. */
function over(all: Spread, part: Spread): Spread {
  const above = (value: number) => Math.max(0, value - part.median);
  return { min: above(all.min), median: above(all.median), max: above(all.max) };
}
