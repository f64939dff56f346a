import type { Attachment, Sensor } from '../../xdp/addon/addon.d.ts';
import type { ProducerSettings } from './settings.ts';

/**
 * Attaches to exactly the devices of the settings. When one of them fails, all are left as they were, and the
 * error is the one of that device.
 */
export function attachDevices(
  sensor: Sensor,
  { devices, xdpMode }: ProducerSettings['sensor'],
): Attachment[] {
  const before = new Set(sensor.attachments().map(({ device }) => device));
  const added: string[] = [];
  try {
    const attached = devices.map((device) => {
      const attachment = sensor.attach(device, xdpMode);
      if (!before.has(device)) added.push(device);
      return attachment;
    });
    for (const device of before) if (!devices.includes(device)) sensor.detach(device);
    return attached;
  } catch (error) {
    for (const device of added) sensor.detach(device);
    throw error;
  }
}
