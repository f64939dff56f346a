import type { Logger } from '../common/logger.ts';
import { removeNative } from './native.ts';
import type { ProducerSettings } from './settings.ts';

/** Detaches and unpins what a sensor left behind: the devices of the settings, or everything when they name none. */
export function remove({ sensor: { devices, pinDir, netns } }: ProducerSettings, logger: Logger): void {
  const base = { pinDirectory: pinDir, ...(netns === null ? {} : { netns }) };
  const targets = devices.length === 0 ? [base] : devices.map((device) => ({ ...base, device }));
  const removed = targets.flatMap((target) => removeNative(target));
  for (const device of removed) logger.info(`removed from ${device}`);
  if (removed.length === 0) logger.info(`nothing was attached from ${pinDir}`);
}
