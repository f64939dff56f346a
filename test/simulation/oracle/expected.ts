import type { OwnSettings } from '../../../src/common/control/resolve.ts';
import type { Command } from './commands.ts';

export interface Expected {
  threshold: number;
  ignored: ReadonlySet<string>;
  devices: ReadonlySet<string>;
}

/** What a sensor is set to by the commands for it, in their order: the last one about anything wins. */
export function expectedSettings(commands: readonly Command[], own: OwnSettings): Expected {
  let { threshold } = own;
  const ignored = new Set(own.ignore);
  const devices = new Set(own.devices);
  for (const { command, device = '', prefixes = [], ...given } of commands) {
    if (command === 'set-threshold') threshold = given.threshold ?? own.threshold;
    if (command === 'attach') devices.add(device);
    if (command === 'detach') devices.delete(device);
    for (const prefix of prefixes) {
      if (command === 'ignore-add') ignored.add(prefix);
      else ignored.delete(prefix);
    }
  }
  return { threshold, ignored, devices };
}
