import { kernelNumbers } from '../../src/common/kernel-numbers.ts';
import { exactPorts } from '../../src/common/sketch.ts';

/**
 * What probability theory says of the walk and the sketch, computed exactly, step by step, from their definitions in
 * xdp/episode.h and xdp/sketch.h: a Markov chain each. Ideal hashes are assumed.
 */

/** The verdict, and the other end of the walk. */
const limit = kernelNumbers.SCORE_VERDICT;
const sketchBits = 64;
const c = 12.5;
const q = 1 - 2 / (c + 1);

export interface Moments {
  mean: number;
  deviation: number;
}

/** The walk of the paper, that ends at either end: its mean number of steps, and how often it ends at the verdict. */
export function unboundedWalk(failures: number): { mean: number; verdicts: number } {
  const odds = (1 - failures) / failures;
  const verdicts = 1 / (1 + odds ** limit);
  const mean = failures === 0.5 ? limit ** 2 : (limit * (2 * verdicts - 1)) / (failures - (1 - failures));
  return { mean, verdicts };
}

/** The walk that waits at its lower end and goes on until the verdict: its number of steps. */
export function boundedWalk(failures: number): Moments {
  return momentsOf(firstPassage({ failures, steps: 20_000, isStep: () => 1, grows: () => 0 }));
}

/**
 * The bounded walk as the kernel takes it: a step for each of the first six ports, later only for ports that the
 * sketch samples. At index n: the probability that the verdict falls at the n-th distinct port.
 */
export function sampledWalk(failures: number, ports: number): number[] {
  return firstPassage({
    failures,
    steps: ports,
    isStep: (port, bits) => (port <= exactPorts ? 1 : sampling(bits)),
    grows: sampling,
  });
}

/** Relative error of the estimate of so many distinct ports. */
export function sketchError(ports: number): Moments {
  let bits = [1, ...Array<number>(sketchBits).fill(0)];
  for (let port = 1; port <= ports; port += 1) {
    bits = bits.map((now, k) => now * (1 - sampling(k)) + (bits[k - 1] ?? 0) * sampling(k - 1));
  }
  return momentsAround(bits.map((probability, k) => [estimate(k) / ports - 1, probability]));
}

/** Mean and deviation of an index whose probabilities are given; what is missing to 1 is left out. */
export function momentsOf(probabilities: readonly number[]): Moments {
  return momentsAround(probabilities.map((probability, index) => [index, probability]));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

interface Chain {
  failures: number;
  steps: number;
  /** The probability that the walk takes a step at this port, with so many bits set. */
  isStep(port: number, bits: number): number;
  /** The probability that the sketch grows by a bit. One that samples takes the step for the same port. */
  grows(bits: number): number;
}

/** At index n: the probability that the walk first comes to the verdict at the n-th port. */
function firstPassage({ failures, steps, isStep, grows }: Chain): number[] {
  const width = 2 * limit; // positions -4 … 3
  const passed = [0];
  let states = new Float64Array((sketchBits + 1) * width);
  states[limit] = 1;
  for (let port = 1; port <= steps; port += 1) {
    const next = new Float64Array(states.length);
    let arrived = 0;
    states.forEach((probability, state) => {
      if (probability < 1e-18) return;
      const bits = Math.floor(state / width);
      const grow = grows(bits);
      const step = isStep(port, bits);
      for (const [share, nextBits, walks] of outcomes(grow, step, bits)) {
        const stay = state - bits * width + nextBits * width;
        if (!walks) add(next, stay, probability * share);
        else {
          if (stay % width === width - 1) arrived += probability * share * failures;
          else add(next, stay + 1, probability * share * failures);
          add(next, stay % width === 0 ? stay : stay - 1, probability * share * (1 - failures));
        }
      }
    });
    states = next;
    passed.push(arrived);
  }
  return passed;
}

/** What a new port may do: its share, the bits after it, whether the walk takes a step. */
function outcomes(grow: number, step: number, bits: number): [number, number, boolean][] {
  return [
    [grow, bits + 1, true],
    [Math.max(0, step - grow), bits, true],
    [1 - Math.max(step, grow), bits, false],
  ];
}

function add(states: Float64Array, state: number, probability: number): void {
  if (probability > 0) states[state] = (states[state] ?? 0) + probability;
}

/** The probability that a new port is sampled with so many bits set: below the rate, and at a bit that is free. */
function sampling(bits: number): number {
  if (bits < 0 || bits >= sketchBits) return 0;
  const i = Math.min(bits + 1, Math.floor(sketchBits - c / 2));
  const rate = (sketchBits / (sketchBits + 1 - i)) * (1 + 1 / c) * q ** i;
  return rate * (1 - bits / sketchBits);
}

function estimate(bits: number): number {
  return Math.min(65_536, Math.max(exactPorts, Math.round((c / 2) * (q ** -bits - 1))));
}

function momentsAround(weighted: readonly (readonly [value: number, probability: number])[]): Moments {
  const total = sum(weighted.map(([, probability]) => probability));
  const mean = sum(weighted.map(([value, probability]) => value * probability)) / total;
  const variance = sum(weighted.map(([value, probability]) => (value - mean) ** 2 * probability)) / total;
  return { mean, deviation: Math.sqrt(variance) };
}
