import type { SensorState, SensorStatus } from '../../common/control/records.ts';
import type { OwnSettings } from '../../common/control/resolve.ts';
import { version } from '../../common/version.ts';
import { deviceStatus, type Outcome } from './apply.ts';
import type { Kernel } from './kernel.ts';

export interface StatusParts {
  sensor: string;
  state: SensorState;
  /** ms since 1970. */
  startedAt: number;
  configVersion: number;
  own: OwnSettings;
  kernel: Kernel;
  outcome: Outcome;
  lastError: string | null;
}

/** What a sensor really does, as of now. */
export function statusOf({ own, kernel, outcome, ...told }: StatusParts): SensorStatus {
  const { numbers, ignored, epoch } = kernel;
  return {
    ...told,
    time: Date.now(),
    version,
    epoch,
    threshold: numbers.threshold,
    icmpEnable: numbers.icmpEnable,
    countPolicy: numbers.countPolicy,
    idleReset: numbers.idleReset,
    ignoredPrefixes: ignored.size,
    ownPrefixes: [...own.ignore],
    devices: outcome.devices.map(deviceStatus),
    presentDevices: kernel.presentDevices(),
    ...kernel.usage(),
  };
}
