import type { Attachment } from '../../../xdp/addon/addon.d.ts';
import type { DeviceStatus, XdpMode } from '../../common/control/records.ts';
import type { Desired } from '../../common/control/resolve.ts';
import { describe, TickerError } from '../../common/errors.ts';
import type { Kernel } from './kernel.ts';

/** What became of a device that is wanted: attached, or the error that hinders it. */
export interface DeviceOutcome {
  device: string;
  wanted: XdpMode;
  attachment: Attachment | null;
  error: unknown;
}

/** What became of a configuration. An error is null where all went well. */
export interface Outcome extends DevicesOutcome {
  numbersError: unknown;
  ignoreError: unknown;
}

export interface DevicesOutcome {
  pinsError: unknown;
  /** Of the devices that are not wanted any more. */
  detachError: unknown;
  devices: DeviceOutcome[];
}

/** Brings the kernel to exactly this configuration; what fails does not hinder the rest. */
export function apply(kernel: Kernel, desired: Desired): Outcome {
  return {
    numbersError: errorOf(() => kernel.setNumbers(desired)),
    ignoreError: errorOf(() => kernel.setIgnored(desired.ignore)),
    ...applyDevices(kernel, desired.devices),
  };
}

/** Attaches to exactly these devices: the last step also of a configuration whose rest is to stay as it is. */
export function applyDevices(kernel: Kernel, wanted: ReadonlyMap<string, XdpMode>): DevicesOutcome {
  const pinsError = errorOf(() => kernel.restorePins());
  const detachError = errorOf(() => {
    for (const { device } of kernel.attachments()) {
      if (!wanted.has(device)) kernel.detach(device);
    }
  });
  return {
    ...{ pinsError, detachError },
    devices: Array.from(wanted, ([device, mode]) => attach(kernel, device, mode)),
  };
}

export function isWhole(outcome: Outcome): boolean {
  return errorsOf(outcome).every((error) => error === null);
}

/** One of its errors in words, null when there is none. A device that is waited for is none. */
export function lastErrorOf(outcome: Outcome): string | null {
  const found = errorsOf(outcome).find((error) => error !== null && !isMissingDevice(error));
  return found === undefined ? null : describe(found);
}

export function deviceStatus({ device, wanted, attachment, error }: DeviceOutcome): DeviceStatus {
  return {
    device,
    wanted,
    mode: attachment?.mode ?? null,
    programId: attachment?.programId ?? null,
    problem: error === null ? null : problemOf(error),
  };
}

/** In words: a device that is not there is no failure, it is attached as soon as it comes. */
function problemOf(error: unknown): string {
  return isMissingDevice(error) ? 'waiting for the device' : describe(error);
}

function errorsOf({ numbersError, ignoreError, pinsError, detachError, devices }: Outcome): unknown[] {
  return [numbersError, ignoreError, pinsError, detachError, ...devices.map(({ error }) => error)];
}

function isMissingDevice(error: unknown): boolean {
  return error instanceof TickerError && error.code === 'UNKNOWN_DEVICE';
}

function attach(kernel: Kernel, device: string, wanted: XdpMode): DeviceOutcome {
  try {
    return { device, wanted, attachment: kernel.attach(device, wanted), error: null };
  } catch (error) {
    return { device, wanted, attachment: null, error };
  }
}

function errorOf(action: () => void): unknown {
  try {
    action();
    return null;
  } catch (error) {
    return error;
  }
}
