import type { Random } from '../helpers/random.ts';
import type { Service } from '../helpers/service.ts';
import type { Stage } from './stage.ts';

export interface Fault {
  name: string;
  strike: (stage: Stage) => Promise<void> | void;
  heal: (stage: Stage) => Promise<void> | void;
}

export interface Step {
  /** ms before the fault, and from there to the cure. */
  pause: number;
  hold: number;
  fault: Fault;
}

const nothing = (): void => {};

/** Of the programs and their device. */
export const programFaults: readonly Fault[] = [
  { name: 'kill producer', strike: ({ producer }) => producer.crash(), heal: startProducer },
  {
    name: 'restart producer',
    strike: async ({ producer }) => void (await producer.stop()),
    heal: startProducer,
  },
  {
    name: 'pause producer',
    strike: ({ producer }) => producer.program.kill('SIGSTOP'),
    heal: ({ producer }) => producer.program.kill('SIGCONT'),
  },
  ...[0, 1].flatMap((index): Fault[] => [
    {
      name: `kill consumer ${index}`,
      strike: (stage) => consumer(stage, index).crash(),
      heal: (stage) => startConsumer(stage, index),
    },
    {
      name: `pause consumer ${index}`,
      strike: (stage) => consumer(stage, index).program.kill('SIGSTOP'),
      heal: (stage) => consumer(stage, index).program.kill('SIGCONT'),
    },
  ]),
  {
    name: 'delete device',
    strike: (stage) => stage.withDevice(() => stage.removeDevice()),
    heal: (stage) => stage.withDevice(() => stage.replaceDevice()),
  },
];

/** Of the broker, its disk and the connections to it. */
export const kafkaFaults: readonly Fault[] = [
  { name: 'kill broker', strike: ({ kafka }) => kafka.kill(), heal: ({ kafka }) => kafka.restart() },
  { name: 'pause broker', strike: ({ kafka }) => kafka.pause(), heal: ({ kafka }) => kafka.resume() },
  { name: 'reset connections', strike: ({ proxy }) => proxy.reset(), heal: nothing },
  { name: 'crawl', strike: ({ proxy }) => proxy.begin('crawl'), heal: ({ proxy }) => proxy.end() },
  { name: 'half-open', strike: ({ proxy }) => proxy.begin('half-open'), heal: ({ proxy }) => proxy.end() },
  {
    name: 'fill disk',
    strike: (stage) => stage.fillDisk(),
    heal: async (stage) => {
      stage.emptyDisk();
      await stage.kafka.restart();
    },
  },
];

/** Every fault once in an order that is drawn, again and again, until the time is filled; ms. */
export function plan(random: Random, faults: readonly Fault[], duration: number): Step[] {
  const steps: Step[] = [];
  for (let time = 0; time < duration; ) {
    for (const fault of shuffled(random, faults)) {
      const step = {
        fault,
        pause: Math.round(1000 + 3000 * random()),
        hold: Math.round(500 + 6000 * random()),
      };
      steps.push(step);
      time += step.pause + step.hold;
    }
  }
  return steps;
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function startProducer(stage: Stage): void {
  stage.producer = stage.startProducer();
}

function startConsumer(stage: Stage, index: number): void {
  stage.consumers[index] = stage.stack.consumer();
}

function consumer(stage: Stage, index: number): Service {
  const found = stage.consumers[index];
  if (found === undefined) throw new Error(`no consumer ${index}`);
  return found;
}
