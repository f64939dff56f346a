import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicName } from '../../src/common/kafka/topics.ts';
import type { Kafka } from '../../test/helpers/kafka.ts';
import { spread } from '../spread.ts';
import type { Cast } from './cast.ts';
import { processorTime } from './processor-time.ts';
import { until } from './until.ts';
import type { Work, WorkName } from './works.ts';

/** Who is looked at. */
export const parts = ['owner', 'folder', 'follower', 'broker'] as const;
export type Part = (typeof parts)[number];
export type Times = Record<Part, number>;
export type Spread = ReturnType<typeof spread>;

/** What a round took, over what the same time takes without work. */
export interface Round {
  work: WorkName;
  /** µs of processor time a record. */
  times: Times;
  /** Bytes a record on the broker's disk, by topic. */
  bytes: Record<string, number>;
}

/** What is under way when consumers are done: an audit, a follower; ms. */
const trail = 1_000;
/** Nothing to do for so long; ms. */
const rest = 1_500;

/** Broker and consumers, as they are measured together. */
export interface Stage {
  kafka: Kafka;
  prefix: string;
  cast: Cast;
}

/** ms of processor time a second while nothing is to be done. */
export async function idle(stage: Stage): Promise<Times> {
  const [before, since] = [times(stage), performance.now()];
  await sleep(rest);
  return each((part) => (1_000 * (times(stage)[part] - before[part])) / (performance.now() - since));
}

/** Does each work once a round, in turns. */
export async function inTurns(stage: Stage, works: readonly Work[], rounds: number): Promise<Round[]> {
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const standing = await idle(stage);
    for (const work of works) measured.push(await measure(stage, work, standing));
  }
  return measured;
}

/** µs of processor time a record, over the rounds of a work. */
export function costOf(rounds: readonly Round[], work: WorkName, part: Part): Spread {
  return spread(rounds.filter((round) => round.work === work).map(({ times: took }) => took[part]));
}

/** Bytes a record in a topic, over the rounds of a work. Precondition: the topic was not compacted meanwhile. */
export function bytesOf(rounds: readonly Round[], work: WorkName, topic: TopicName): number {
  return spread(rounds.filter((round) => round.work === work).map(({ bytes }) => bytes[topic] ?? 0)).median;
}

async function measure(stage: Stage, work: Work, standing: Times): Promise<Round> {
  const size = () => work.topics.map((topic) => stage.kafka.bytesOf(`${stage.prefix}.${topic}`));
  const [before, bytesBefore, since] = [times(stage), size(), performance.now()];
  await work.send();
  await until(`"${work.name}" is done`, () => work.isDone(stage.cast));
  await sleep(trail);
  const seconds = (performance.now() - since) / 1000;
  const [after, bytesAfter] = [times(stage), size()];
  return {
    work: work.name,
    times: each((part) => (1000 * (after[part] - before[part] - standing[part] * seconds)) / work.size),
    bytes: Object.fromEntries(
      work.topics.map((topic, index) => [
        topic,
        ((bytesAfter[index] ?? 0) - (bytesBefore[index] ?? 0)) / work.size,
      ]),
    ),
  };
}

function times({ kafka, cast }: Stage): Times {
  return each((part) => (part === 'broker' ? processorTime(kafka.pid) : cast[part].processorTime));
}

function each(value: (part: Part) => number): Times {
  return {
    owner: value('owner'),
    folder: value('folder'),
    follower: value('follower'),
    broker: value('broker'),
  };
}
