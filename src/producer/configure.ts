import type { Sensor } from '../../xdp/addon/addon.d.ts';
import { packPrefixes, parsePrefix, prefixText, unpackPrefixes } from '../common/address.ts';
import type { ProducerSettings } from './settings.ts';

/** What of a sensor takes settings. */
export type ConfigurableSensor = Pick<
  Sensor,
  'epoch' | 'writeSettings' | 'ignoreList' | 'ignoreAdd' | 'ignoreRemove'
>;

/** Brings the kernel to exactly these settings: all numbers in one flip, the ignore list by difference. */
export function configure(sensor: ConfigurableSensor, settings: ProducerSettings['own']): void {
  sensor.writeSettings({
    threshold: settings.threshold,
    idleTicks: Math.round(settings.idleReset * sensor.epoch.ticksPerSecond),
    icmpEnable: settings.icmpEnable,
    countAll: settings.countPolicy === 'all',
  });
  const wanted = settings.ignore.map(parsePrefix);
  const present = unpackPrefixes(sensor.ignoreList());
  const wantedTexts = new Set(wanted.map(prefixText));
  const presentTexts = new Set(present.map(prefixText));
  const surplus = present.filter((prefix) => !wantedTexts.has(prefixText(prefix)));
  const missing = wanted.filter((prefix) => !presentTexts.has(prefixText(prefix)));
  if (surplus.length > 0) sensor.ignoreRemove(packPrefixes(surplus));
  if (missing.length > 0) sensor.ignoreAdd(packPrefixes(missing));
}
