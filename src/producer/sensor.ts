import type { Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import type { Logger } from '../common/logger.ts';
import { attachDevices } from './attach.ts';
import { configure } from './configure.ts';
import { openNative } from './native.ts';
import { RecordReader } from './record.ts';
import type { ProducerSettings } from './settings.ts';

/** Holds a full ring of crossings for minutes of an outage; bytes. */
const ringBytes = 8 * 1024 * 1024;

export interface OpenSensor {
  sensor: Sensor;
  ring: Ring;
  reader: RecordReader;
}

/** Loads the program, brings it to its settings and attaches it to its devices; undoes all of it when one step fails. */
export function openSensor(settings: ProducerSettings, logger: Logger): OpenSensor {
  const { pinDir, maxSources, netns } = settings.sensor;
  const sensor = openNative({
    pinDirectory: pinDir,
    maxSources,
    ringBytes,
    ...(netns === null ? {} : { netns }),
  });
  try {
    configure(sensor, settings.own);
    const attachments = attachDevices(sensor, settings.sensor);
    announce(sensor, attachments, settings, logger);
    const names = new Map(attachments.map(({ ifindex, device }) => [ifindex, device]));
    const reader = new RecordReader({
      sensor: settings.sensor.id,
      epoch: sensor.epoch,
      now: () => ({ tick: sensor.tick(), time: Date.now() }),
      drops: () => sensor.counters().drops,
      deviceName: (ifindex) => names.get(ifindex) ?? null,
    });
    return { sensor, ring: sensor.openRing(), reader };
  } catch (error) {
    if (!sensor.epoch.resumed) sensor.unpin();
    sensor.close();
    throw error;
  }
}

function announce(
  sensor: Sensor,
  attachments: ReturnType<typeof attachDevices>,
  settings: ProducerSettings,
  logger: Logger,
): void {
  const { epoch } = sensor;
  logger.info(`${epoch.resumed ? 'going on with' : 'began'} epoch ${epoch.id}, ${epoch.maxSources} sources`);
  for (const { device, mode, programId } of attachments) {
    logger.info(`attached to ${device} in ${mode} mode, program ${programId}`);
    if (mode === 'skb' && settings.sensor.xdpMode === 'auto') {
      logger.warn(`${device} has no driver mode: skb mode costs more for each packet`);
    }
  }
  if (attachments.length === 0) logger.warn('attached to no device: set PORT_TICKER_DEVICES');
}
