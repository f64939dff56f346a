import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { Instance, type State } from './instance.ts';

/** Three consumers over a single partition of events: what each kind of work costs can be told apart. */
export interface Cast {
  /** Writes all rows. */
  owner: Instance;
  /** Folds commands, audits and alerts, and writes no row. */
  folder: Instance;
  /** Has no partition: it follows the report and the sensors, as each instance does. */
  follower: Instance;
}

/** Groups hand out their partitions as they like: whoever has two is replaced, until each has one part. */
const mostAttempts = 12;

/** Starts three consumers, and others in their place, until each has a part of its own. */
export async function assemble(t: Cleanup, settings: Readonly<Record<string, string>>): Promise<Cast> {
  const start = () => new Instance(t, { ...settings, TOPIC_PARTITIONS: '1' });
  let all = [start()];
  await all[0]?.service.ready(); // it makes the topics
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    while (all.length < 3) all.push(start());
    await Promise.all(all.map(({ service }) => service.ready()));
    const { owner, folder } = await settled(all);
    const follower = all.find((each) => each !== owner && each !== folder);
    if (owner !== folder && follower !== undefined) return { owner, folder, follower };
    all = all.filter((each) => each !== owner);
    await owner.service.stop();
  }
  throw new Error(`${mostAttempts} times the same consumer got both partitions`);
}

/** What each says. Throws when a partition has moved: on a machine that is too busy, groups take a member for dead. */
export async function statesOf({ owner, folder, follower }: Cast): Promise<Record<keyof Cast, State>> {
  const [own, fold, follow] = await Promise.all([owner.state(), folder.state(), follower.state()]);
  if (own.partitions.length === 0 || !fold.isFolding)
    throw new Error('a partition has moved to another consumer: measure on a quieter machine');
  return { owner: own, folder: fold, follower: follow };
}

/** Waits until both partitions have one owner each. */
async function settled(all: readonly Instance[]): Promise<Pick<Cast, 'owner' | 'folder'>> {
  let owners: Instance[] = [];
  let folders: Instance[] = [];
  const [first] = all;
  await first?.service.until(
    'each partition has one owner',
    async () => {
      const states = await Promise.all(
        all.map(async (each) => ({ each, ...(await each.state().catch(() => undefined)) })),
      );
      owners = states.filter(({ partitions = [] }) => partitions.length > 0).map(({ each }) => each);
      folders = states.filter(({ isFolding = false }) => isFolding).map(({ each }) => each);
      return owners.length === 1 && folders.length === 1;
    },
    30_000,
  );
  const [owner] = owners;
  const [folder] = folders;
  if (owner === undefined || folder === undefined) throw new Error('a partition has no owner');
  return { owner, folder };
}
