import type { Epoch, Settings } from '../../xdp/addon/addon.d.ts';
import type { Numbers } from './control/kernel.ts';

/** As the kernel has them: seconds become ticks. */
export function kernelSettings(
  { threshold, icmpEnable, countPolicy, idleReset }: Numbers,
  { ticksPerSecond }: Pick<Epoch, 'ticksPerSecond'>,
): Settings {
  return {
    threshold,
    icmpEnable,
    countAll: countPolicy === 'all',
    idleTicks: Math.round(idleReset * ticksPerSecond),
  };
}

/** The reverse. */
export function numbersOf(
  { threshold, icmpEnable, countAll, idleTicks }: Settings,
  { ticksPerSecond }: Pick<Epoch, 'ticksPerSecond'>,
): Numbers {
  return {
    threshold,
    icmpEnable,
    countPolicy: countAll ? 'all' : 'attempts',
    idleReset: Math.round(idleTicks / ticksPerSecond),
  };
}
