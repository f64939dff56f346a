import { kernelNumbers } from './kernel-numbers.ts';

/** Up to so many distinct ports are known exactly. */
export const exactPorts = kernelNumbers.EXACT_PORTS;
export const targetBits = kernelNumbers.TARGET_BITS;

/** So many targets make a sweep, and so many or more a full sketch stands for. */
export const sweepTargets = targetsOfBits(kernelNumbers.SWEEP_BITS);
export const fullTargets = targetsOfBits(targetBits);

/**
 * Linear counting (Whang, Vander-Zanden, Taylor 1990): with b of m bits set about -m ln(1 - b/m) were counted. A full
 * sketch says no more than that there were many.
 */
export function targetsOfBits(bits: number): number {
  return Math.round(targetBits * Math.log(targetBits / Math.max(1, targetBits - bits)));
}

/**
 * The S-bitmap of xdp/sketch.h, where its source is named: with b bits set C/2 · (q^−b − 1) distinct ports are
 * estimated, q = 1 − 2/(C + 1). Its standard error is about 30 %.
 */
const c = 12.5;
const q = 1 - 2 / (c + 1);

/** About how many ports so many bits stand for; not rounded. */
export function portsOfBits(bits: number): number {
  return (c / 2) * (q ** -bits - 1);
}

/** How many bits an estimate of so many ports, 6 or more, was made of: each is a port that was looked at. */
export function bitsOfPorts(ports: number): number {
  return Math.round(-Math.log(1 + ports / (c / 2)) / Math.log(q));
}
