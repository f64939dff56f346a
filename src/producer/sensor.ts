import type { LinkWatch, Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import type { Logger } from '../common/logger.ts';
import { DeviceNames } from './device-names.ts';
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
  /** To be noted in by whoever attaches. */
  devices: DeviceNames;
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
    const devices = new DeviceNames(epoch);
    const reader = new RecordReader({
      sensor: id,
      epoch,
      now: () => ({ tick: sensor.tick(), time: Date.now() }),
      drops: () => sensor.counters().drops,
      devices,
    });
    sensor.setOpenPorts(portBits(settings.sensor.openPorts));
    const links = watchLinks(netns);
    sensor.refreshSurroundings(); // after the watch has begun: no change is missed in between
    return { sensor, ring: sensor.openRing(), reader, links, devices };
  } catch (error) {
    abandon(sensor);
    throw error;
  }
}

/** One bit a port, port 0 the lowest bit of the first byte. */
function portBits(ports: readonly number[]): Uint8Array {
  const bits = new Uint8Array(65_536 / 8);
  for (const port of ports) bits[port >> 3] = (bits[port >> 3] ?? 0) | (1 << (port & 7));
  return bits;
}

/**
 * Removes what versions with another table layout have left, when their attachments are adopted. What cannot go yet is
 * named: this version does not know the shape of its events.
 */
export function removeOthers(sensor: Sensor, logger: Logger): void {
  for (const { path, devices, undelivered } of sensor.removeOthers()) {
    const held = devices.length > 0 ? `a program on ${devices.join(', ')}` : '';
    const waiting = undelivered > 0 ? `${undelivered} bytes of events that are not delivered` : '';
    logger.warn(
      `${path} is of a version with another table layout and holds ${[held, waiting].filter(Boolean).join(' and ')}` +
        ' – start that version once more, or give it up with port-ticker-producer --remove',
    );
  }
}

/** Lets go of a sensor whose start has failed: what it has made is undone, what it has found stays. */
export function abandon(sensor: Sensor): void {
  if (!sensor.epoch.resumed) sensor.unpin();
  sensor.close();
}
