import { parsePrefix, prefixText } from '../common/address.ts';
import type { OwnSettings } from '../common/control/resolve.ts';
import type { ProducerSettings } from './settings.ts';

/** What the sensor is set to while nothing is commanded. */
export function ownSettings({ own, sensor }: ProducerSettings): OwnSettings {
  return {
    ...own,
    ignore: own.ignore.map((text) => prefixText(parsePrefix(text))),
    devices: sensor.devices,
    xdpMode: sensor.xdpMode,
  };
}
