import type { Sensor } from '../../xdp/addon/addon.d.ts';
import type { Pipeline } from './pipeline.ts';
import type { ProducerSettings } from './settings.ts';

type Settings = Pick<ProducerSettings, 'stayAttached'> & {
  sensor: Pick<ProducerSettings['sensor'], 'pinDir'>;
};

/** What a stop may take to deliver the rest; ms. The process as a whole has 10 s. */
const drainDeadline = 5_000;

/**
 * The end of a clean stop: detaches, delivers what is left, and removes the pins when nothing is. Returns what
 * stays behind, in words.
 */
export async function finish(
  sensor: Sensor,
  pipeline: Pipeline,
  { canDeliver, settings }: { canDeliver: boolean; settings: Settings },
): Promise<string | undefined> {
  const { stayAttached } = settings;
  if (!stayAttached) for (const { device } of sensor.attachments()) sensor.detach(device);
  if (canDeliver) await pipeline.drain(AbortSignal.timeout(drainDeadline));
  if (stayAttached) return 'the program stays attached and goes on counting';
  if (!pipeline.isSettled()) {
    return `not everything is delivered: it stays in ${settings.sensor.pinDir}, the next start delivers it`;
  }
  sensor.unpin();
  return undefined;
}
