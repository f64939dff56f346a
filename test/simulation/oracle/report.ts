import { isFloor } from '../../../src/common/event.ts';
import { episodeOf } from '../episodes.ts';
import type { Machine } from '../machine.ts';
import { rows } from '../topics.ts';
import type { World } from '../world.ts';
import type { Problem } from './problem.ts';

/** Row by `sensor/source`: "episode: count". */
type Rows = Map<string, string>;

/** Every consumer and the topic itself say of each source what the kernel has counted, and nothing else. */
export async function checkReport(world: World): Promise<Problem[]> {
  const truth: Rows = new Map();
  /** Of which the last count need not be known. */
  const open = new Set<string>();
  for (const [sensor, machine] of world.machines) addTruth(sensor, machine, truth, open);

  const problems: Problem[] = [];
  const compare = (whose: string, shown: Rows) => {
    for (const key of new Set([...truth.keys(), ...shown.keys()])) {
      const [right, said] = [truth.get(key), shown.get(key)];
      if (open.has(key) || right === said) continue;
      problems.push({ kind: 'report', what: `${whose} says ${said} of ${key}, not ${right}` });
    }
  };
  for (const { name, program } of world.consumers) {
    if (program?.isCurrent !== true) {
      problems.push({ kind: 'report', what: `the report of ${name} is not current` });
      continue;
    }
    compare(
      name,
      new Map(
        Array.from(program.report.entries(), (entry) => [`${entry.sensor}/${entry.source}`, state(entry)]),
      ),
    );
  }
  compare('the topic', await rowsOfTopic(world));
  return problems;
}

function addTruth(sensor: string, machine: Machine, truth: Rows, open: Set<string>): void {
  const put = (source: { address: string; changes: number; first: number; epoch: Machine['epoch'] }) =>
    truth.set(
      `${sensor}/${source.address}`,
      state({ episode: episodeOf(source), changeCount: source.changes }),
    );
  for (const [address, { source, isCertain }] of machine.episodes.newest) {
    put(source);
    const isLive = machine.sources.get(address) === source;
    if (!isCertain || (isLive && source.changes <= machine.settings.threshold))
      open.add(`${sensor}/${address}`);
  }
  for (const source of machine.sources.values()) {
    if (source.changes <= machine.settings.threshold) continue;
    put(source);
    open.delete(`${sensor}/${source.address}`);
  }
}

/** What somebody would see who reads the topic from its beginning. */
async function rowsOfTopic({ broker }: World): Promise<Rows> {
  const shown: Rows = new Map();
  for (const { records } of broker.partitions(rows.topic)) {
    const newest = new Map(records.map(({ key, value }) => [String(key), value]));
    for (const value of newest.values()) {
      if (value === null) continue;
      const entry = await rows.codec.decode(value);
      if (!isFloor(entry)) shown.set(`${entry.sensor}/${entry.source}`, state(entry));
    }
  }
  return shown;
}

function state({ episode, changeCount }: { episode: number; changeCount: number }): string {
  return `${episode}: ${changeCount}`;
}
