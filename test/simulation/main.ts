import { simulate } from './simulate.ts';

/** `make simulate`: SEEDS simulations from seed FROM on, or the one of SEED with all that happens in it. */
const { SEED, SEEDS = '2000', FROM = '1' } = process.env;
const write = (line: string) => process.stdout.write(`${line}\n`);

const first = Number(SEED ?? FROM);
const last = SEED === undefined ? first + Number(SEEDS) - 1 : first;
let failures = 0;
for (let seed = first; seed <= last; seed++) {
  const problems = await simulate({ seed, trace: SEED === undefined ? undefined : write });
  if (problems.length === 0) continue;
  failures += 1;
  write(`seed ${seed}:`);
  for (const { kind, what } of problems) write(`  ${kind}: ${what}`);
}
write(
  `${last - first + 1} simulations, ${failures} failed${failures > 0 && SEED === undefined ? '; SEED=… shows one' : ''}`,
);
process.exitCode = failures === 0 ? 0 : 1;
