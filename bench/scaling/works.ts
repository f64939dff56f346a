import type { TopicName } from '../../src/common/kafka/topics.ts';
import { batches } from '../../test/helpers/batches.ts';
import { type Cast, statesOf } from './cast.ts';
import { address, EventStream } from './event-stream.ts';
import type { Feeder } from './feeder.ts';

/** A kind of work, done again and again. Each round is one size, so that rounds can be compared. */
export interface Work {
  readonly name: WorkName;
  /** Records that a round sends. */
  readonly size: number;
  /** Topics that the records, and what the consumers make of them, go to. */
  readonly topics: readonly TopicName[];
  send(): Promise<void>;
  /** True when the consumers have done what was sent so far. */
  isDone(cast: Cast): Promise<boolean>;
}

export type WorkName = 'crossing' | 'crossing alone' | 'update' | 'alert' | 'status';

/** As many as a sensor sends at once. */
const batchSize = 250;
/** Rows that updates go to: some hundred sources that scan all the time. */
const updatedRows = 200;

/** What has been sent so far: all of it concerns the same consumers. */
class Sent {
  events = 0;
  rows = 0;
  alerts = 0;
}

/** The works with events. */
export function eventWorks(feeder: Feeder): Work[] {
  const sent = new Sent();
  const streams = Array.from({ length: 1_000 }, (_, number) => new EventStream(number));
  const stream = (index: number) => streams[index % streams.length] ?? new EventStream(0);
  const isWritten = async (cast: Cast) => {
    const { owner, folder, follower } = await statesOf(cast);
    return owner.consumed >= sent.events && [owner, folder, follower].every(({ rows }) => rows >= sent.rows);
  };
  /** New sources, each on one sensor. */
  function* crossings(count: number, isScan = false) {
    for (let each = 0; each < count; each += 1) {
      yield stream(sent.rows).event(address(sent.rows), 21, isScan);
      sent.rows += 1;
      sent.events += 1;
    }
  }
  function* updates(count: number) {
    for (let each = 0; each < count; each += 1) {
      sent.events += 1;
      const row = each % updatedRows;
      yield stream(row).event(address(row), 21 + sent.events);
    }
  }

  return [
    {
      ...{ name: 'crossing', size: 5_000, topics: ['events', 'report'], isDone: isWritten },
      send: () => feeder.events(batches(crossings(5_000), batchSize)),
    },
    {
      ...{ name: 'crossing alone', size: 1_000, topics: ['events', 'report'], isDone: isWritten },
      send: () => feeder.events(batches(crossings(1_000), 1)),
    },
    {
      ...{ name: 'update', size: 20_000, topics: ['events', 'report'], isDone: isWritten },
      send: () => feeder.events(batches(updates(20_000), batchSize)),
    },
    {
      ...{ name: 'alert', size: 1_000, topics: ['alerts'] },
      send: async () => {
        await feeder.events(batches(crossings(1_000, true), batchSize));
        sent.alerts += 1_000;
      },
      isDone: async (cast) => (await isWritten(cast)) && (await statesOf(cast)).folder.alerts >= sent.alerts,
    },
  ];
}

/** All sensors say how they are, ten at a time; nothing tells when that is read, which takes no time. */
export function statusWork(feeder: Feeder, sensors: number): Work {
  const streams = Array.from({ length: sensors }, (_, number) => new EventStream(number));
  return {
    ...{ name: 'status', size: sensors, topics: ['sensors'] },
    send: () =>
      feeder.statuses(
        batches(
          streams.map((each) => each.status(true)),
          10,
        ),
      ),
    isDone: async () => true,
  };
}
