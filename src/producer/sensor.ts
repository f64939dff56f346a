import type { LinkWatch, Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import type { Logger } from '../common/logger.ts';
import { openNative, watchLinks } from './native.ts';
import { RecordReader } from './record.ts';
import type { ProducerSettings } from './settings.ts';

/** Holds a full ring of crossings for minutes of an outage; bytes. */
const ringBytes = 8 * 1024 * 1024;

export interface OpenSensor {
  sensor: Sensor;
  ring: Ring;
  reader: RecordReader;
  links: LinkWatch;
  /** Names of devices by their index, to be filled by whoever attaches. */
  deviceNames: Map<number, string>;
}

/** Loads the program, with new maps or with those that an earlier process has left pinned. */
export function openSensor(settings: ProducerSettings, logger: Logger): OpenSensor {
  const { id, pinDir, maxSources, netns } = settings.sensor;
  const sensor = openNative({
    pinDirectory: pinDir,
    maxSources,
    ringBytes,
    ...(netns === null ? {} : { netns }),
  });
  try {
    const { epoch } = sensor;
    logger.info(
      `${epoch.resumed ? 'going on with' : 'began'} epoch ${epoch.id}, ${epoch.maxSources} sources`,
    );
    const deviceNames = new Map<number, string>();
    const reader = new RecordReader({
      sensor: id,
      epoch,
      now: () => ({ tick: sensor.tick(), time: Date.now() }),
      drops: () => sensor.counters().drops,
      deviceName: (ifindex) => deviceNames.get(ifindex) ?? null,
    });
    return { sensor, ring: sensor.openRing(), reader, links: watchLinks(netns), deviceNames };
  } catch (error) {
    abandon(sensor);
    throw error;
  }
}

/** Lets go of a sensor whose start has failed: what it has made is undone, what it has found stays. */
export function abandon(sensor: Sensor): void {
  if (!sensor.epoch.resumed) sensor.unpin();
  sensor.close();
}
