import type { World } from './world.ts';

/** ms from one to the next of a kind, at least and at most; how often a seed has it at all, 0 to 1. */
interface Trouble {
  rate: number;
  pause: readonly [number, number];
  happen: (world: World) => void;
}

const troubles: readonly Trouble[] = [
  { rate: 1, pause: [50, 2_000], happen: attack },
  { rate: 0.5, pause: [1_000, 10_000], happen: giveWay },
  { rate: 0.7, pause: [300, 10_000], happen: command },
  { rate: 0.6, pause: [1_000, 15_000], happen: kill },
  { rate: 0.4, pause: [1_000, 20_000], happen: pause },
  { rate: 0.4, pause: [3_000, 20_000], happen: stop },
  { rate: 0.3, pause: [3_000, 20_000], happen: loseBroker },
  { rate: 0.5, pause: [2_000, 10_000], happen: compact },
  { rate: 0.3, pause: [2_000, 10_000], happen: unplug },
];

/** Lets happen what the seed has in store, until `end` (virtual time, ms). */
export function makeTrouble(world: World, end: number): void {
  for (const trouble of troubles) {
    if (world.chance.happens(trouble.rate)) repeat(world, trouble, end);
  }
}

function repeat(world: World, trouble: Trouble, end: number): void {
  const { clock, chance } = world;
  clock.after(
    chance.between(...trouble.pause),
    () => {
      if (clock.now >= end) return;
      trouble.happen(world);
      repeat(world, trouble, end);
    },
    null,
  );
}

function attack(world: World): void {
  const { chance, machines, sources } = world;
  const [sensor, machine] = chance.pick([...machines]);
  const source = chance.pick(sources);
  const packets = chance.whole(1, chance.pick([3, 30, 100]));
  world.trace('world', `${packets} packets from ${source} to ${sensor}`);
  machine.receive(source, packets);
}

/** A source is evicted, or was idle for too long. */
function giveWay(world: World): void {
  const { chance, machines, sources } = world;
  const [sensor, machine] = chance.pick([...machines]);
  const source = chance.pick(sources);
  const isEviction = chance.happens(0.5);
  world.trace('world', `${source} ${isEviction ? 'is evicted' : 'was idle'} at ${sensor}`);
  machine.end(source, isEviction);
}

function command({ operator }: World): void {
  void operator.send();
}

function kill(world: World): void {
  const process = world.chance.pick(world.processes);
  if (!process.isRunning) return;
  world.trace('world', `kills ${process.name}`);
  process.kill();
  startSoon(world, process);
}

function pause(world: World): void {
  const process = world.chance.pick(world.processes);
  const duration = world.chance.pick([500, 3_000, 12_000, 30_000]);
  world.trace('world', `pauses ${process.name} for ${duration} ms`);
  process.pause(duration);
}

function stop(world: World): void {
  const process = world.chance.pick(world.processes);
  world.trace('world', `stops ${process.name}`);
  process.stop(() => startSoon(world, process));
}

function startSoon({ chance, clock }: World, process: World['processes'][number]): void {
  clock.after(chance.pick([0, 500, 5_000]), () => process.start(), null);
}

function loseBroker(world: World): void {
  const { broker, chance, clock } = world;
  if (broker.network.isDown) return;
  const duration = chance.happens(0.02) ? 2 * 3_600_000 : chance.between(100, 20_000);
  world.trace('world', `the broker is away for ${Math.round(duration)} ms`);
  broker.goDown();
  world.brokerBackAt = clock.now + duration;
  clock.after(duration, () => broker.comeBack(), null);
}

function compact({ broker }: World): void {
  broker.compact();
}

function unplug({ chance, machines }: World): void {
  const [, machine] = chance.pick([...machines]);
  machine.setDevice('eth1', !machine.devices.has('eth1'));
}
