import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import type { Kafka } from '../../test/helpers/kafka.ts';
import { Feeder } from './feeder.ts';
import { Fleet } from './fleet.ts';
import { Instance, type State } from './instance.ts';
import { type Alerts, alertsOf, differences } from './outcome.ts';
import { until } from './until.ts';

const prefix = 'drill';
const partitions = 12;
/** Each sensor sends so many batches, one after the other. */
const rounds = 4;
/** A real fleet has a connection for each sensor. */
const connections = 8;
/** So often each sensor says how it is; ms. */
const statusInterval = 10_000;
/** Two rounds of the audit, and what it has to read; ms. */
const auditTime = 6_000;

/** What was seen; times in s. */
export interface Drill {
  sensors: number;
  events: number;
  rows: number;
  scans: number;
  /** From the first event sent to the last one acknowledged. */
  fed: number;
  /** From the kill until all partitions, and that of control, have an owner again. */
  takenOver: number;
  /** From the last event acknowledged until all rows are written, and read by all that live. */
  caughtUp: number;
  /** From then until each scan has its alert. */
  alerted: number;
  /** Rows that are not as they should be, at the consumer that is worst. */
  wrong: number;
  /** Events that the audit misses. */
  missing: number;
  /** Scans without an alert, those with more than one, and alerts about sensors, of which none has failed. */
  silent: number;
  repeated: number;
  falseAlarms: number;
  /** The most that a consumer has taken, MB. */
  memory: number;
}

/**
 * Three consumers take the events of `size` sensors. Half-way the one that folds commands, audits and alerts is killed, with
 * its share of the events on it.
 */
export async function drill(t: Cleanup, { brokers }: Kafka, size: number): Promise<Drill> {
  const settings = { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix, TOPIC_PARTITIONS: String(partitions) };
  const all: Instance[] = [];
  while (all.length < 3) {
    const next = new Instance(t, settings);
    await next.service.ready();
    all.push(next);
  }
  await until('each part has an owner', async () => areOwned(await statesOf(all)));
  const fleet = new Fleet(size);
  const feeder = await Feeder.open(t, brokers, prefix, connections);
  const mouth = await Feeder.open(t, brokers, prefix, 1);
  const talk = talking(fleet, mouth);
  t.after(() => talk.end().catch(() => undefined)); // what it failed with is thrown below

  const began = performance.now();
  await feed(0, rounds / 2);
  const [{ survivors, takenOver }] = await Promise.all([killOne(all), feed(rounds / 2, rounds)]);
  const fed = since(began);
  const fedAt = performance.now();

  const isWritten = ({ lag, rows }: State) => lag === 0 && rows === fleet.rows.size;
  await until('all rows are there', async () => (await statesOf(survivors)).every(isWritten));
  const caughtUp = since(fedAt);
  const writtenAt = performance.now();
  const alerts = await alertsOnAll(fleet.scans, brokers);
  const alerted = since(writtenAt);
  await talk.end();
  await mouth.statuses(fleet.statuses(true));
  await sleep(auditTime);
  const wrong = await Promise.all(survivors.map(({ service }) => differences(service, fleet.rows)));
  const states = await statesOf(survivors);
  return {
    ...{ sensors: size, events: fleet.events, rows: fleet.rows.size, scans: fleet.scans.length },
    ...{ fed, takenOver, caughtUp, alerted },
    wrong: Math.max(...wrong),
    missing: states.reduce((sum, { missing }) => sum + missing, 0),
    silent: fleet.scans.filter((scan) => !alerts.rows.has(scan)).length,
    repeated: [...alerts.rows.values()].filter((times) => times > 1).length,
    falseAlarms: alerts.sensors,
    memory: Math.max(...survivors.map(({ peakMemory }) => peakMemory)),
  };

  /** After each round nothing is on its way, and sensors say so: now it can be judged what is missing. */
  async function feed(from: number, to: number): Promise<void> {
    for (let round = from; round < to; round += 1) {
      await feeder.events(fleet.round(round));
      await mouth.statuses(fleet.statuses(true));
    }
  }
}

/** Kills the one that folds commands, and waits for its successors. */
async function killOne(all: readonly Instance[]): Promise<{ survivors: Instance[]; takenOver: number }> {
  const states = await statesOf(all);
  const victim = all.find((_, index) => states[index]?.isFolding);
  if (victim === undefined) throw new Error('no consumer folds commands');
  await victim.service.crash();
  const at = performance.now();
  const survivors = all.filter((each) => each !== victim);
  await until('all parts have an owner again', async () => areOwned(await statesOf(survivors)));
  return { survivors, takenOver: since(at) };
}

/** Lets all sensors say how they are, again and again: some of what they have to send may be on its way. */
function talking(fleet: Fleet, mouth: Feeder): { end(): Promise<void> } {
  const stop = new AbortController();
  const talk = async () => {
    while (!stop.signal.aborted) {
      await mouth.statuses(fleet.statuses(false));
      await sleep(statusInterval, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const talked = talk();
  talked.catch(() => undefined); // awaited at the end
  return {
    end: async () => {
      stop.abort();
      await talked;
    },
  };
}

/** What is missing when time is up is for the caller to count. */
async function alertsOnAll(scans: readonly string[], brokers: string): Promise<Alerts> {
  let alerts = await alertsOf(brokers, prefix);
  const areAll = async () => {
    alerts = await alertsOf(brokers, prefix);
    return scans.every((scan) => alerts.rows.has(scan));
  };
  await until('all scans are alerted', areAll, 1_000).catch(() => undefined);
  return alerts;
}

/** True when all partitions of events, and that of control, have an owner. */
function areOwned(states: readonly State[]): boolean {
  const owned = new Set(states.flatMap(({ partitions: own }) => own));
  return owned.size === partitions && states.some(({ isFolding }) => isFolding);
}

async function statesOf(instances: readonly Instance[]): Promise<State[]> {
  return Promise.all(instances.map((instance) => instance.state()));
}

/** s. */
function since(start: number): number {
  return (performance.now() - start) / 1000;
}
