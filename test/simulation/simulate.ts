import type { Problem } from './oracle/problem.ts';
import { Oracle } from './oracle.ts';
import { makeTrouble } from './troubles.ts';
import { World, type WorldOptions } from './world.ts';

/** How long there is trouble, at least and at most, and how long it may take until all is well; virtual ms. */
const trouble = [8_000, 40_000] as const;
const patience = 240_000;
const step = 1_000;

/**
 * Runs one simulation: everything that happens in it follows from its seed. Returns what was wrong at any time, or still
 * is when there has been no trouble for long enough.
 */
export async function simulate(options: WorldOptions): Promise<Problem[]> {
  const world = new World(options);
  const { clock, chance } = world;
  const uninstall = clock.install();
  try {
    const oracle = new Oracle(world);
    const end = clock.now + chance.between(...trouble);
    for (const process of world.processes) process.start();
    makeTrouble(world, end);
    await clock.runUntil(end);
    await clock.runUntil(Math.max(end, world.brokerBackAt));
    heal(world);
    for (let waited = 0; ; waited += step) {
      await clock.runUntil(clock.now + step);
      if (oracle.violations.length > 0) return oracle.violations;
      if (world.broker.network.orphans > 0) continue; // which may still spoil what is well now
      const shortcomings = await oracle.shortcomings();
      if (shortcomings.length === 0 || waited >= patience) return shortcomings;
    }
  } finally {
    uninstall();
  }
}

/** From now on all goes well. */
function heal(world: World): void {
  world.trace('world', 'no more trouble');
  world.broker.network.isFaulty = false;
  for (const process of world.processes) {
    process.resume();
    process.start();
  }
}
