import type { Attachment, LinkWatch, Ring, Sensor } from '../../xdp/addon/addon.d.ts';
import { parseAddress } from '../common/address.ts';
import type { XdpMode } from '../common/control/records.ts';
import type { PortScanEvent } from '../common/event.ts';
import type { Logger } from '../common/logger.ts';
import type { Kernel, Numbers, Usage } from './control/kernel.ts';
import type { DeviceNames } from './device-names.ts';
import { IgnoreList } from './ignore.ts';
import { enumerators } from './native.ts';
import { kernelSettings, numbersOf } from './numbers.ts';
import type { RecordReader } from './record.ts';

/** Statistics by their names: STAT_PORT_CHANGES is port_changes. */
const statistics = Object.entries(enumerators('statistic'))
  .filter(([name]) => name !== 'STAT_COUNT')
  .map(([name, index]) => [name.replace('STAT_', '').toLowerCase(), index] as const);

interface Parts {
  sensor: Sensor;
  ring: Ring;
  links: LinkWatch;
  reader: RecordReader;
  devices: DeviceNames;
  reset: Kernel['reset'];
  logger: Logger;
}

/** The kernel part of this machine. */
export class NativeKernel implements Kernel {
  readonly #parts: Parts;
  readonly #ignoreList: IgnoreList;
  #numbers: Numbers;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ignoreList = new IgnoreList(parts.sensor);
    this.#numbers = numbersOf(parts.sensor.settings, parts.sensor.epoch);
    for (const attachment of parts.sensor.attachments()) parts.devices.note(attachment);
  }

  get epoch(): string {
    return this.#parts.sensor.epoch.id;
  }

  get isResumed(): boolean {
    return this.#parts.sensor.epoch.resumed;
  }

  get numbers(): Numbers {
    return this.#numbers;
  }

  get ignored(): ReadonlySet<string> {
    return this.#ignoreList.present;
  }

  setNumbers(numbers: Numbers): void {
    const { sensor } = this.#parts;
    sensor.writeSettings(kernelSettings(numbers, sensor.epoch));
    this.#numbers = numbers;
  }

  setIgnored(prefixes: ReadonlySet<string>): void {
    this.#ignoreList.set(prefixes);
  }

  restorePins(): void {
    const { sensor, logger } = this.#parts;
    if (sensor.restorePins()) logger.warn('somebody has removed pins of this sensor: they are there again');
  }

  attach(device: string, mode: XdpMode): Attachment {
    const attachment = this.#parts.sensor.attach(device, mode);
    this.#parts.devices.note(attachment);
    return attachment;
  }

  detach(device: string): void {
    this.#parts.sensor.detach(device);
  }

  attachments(): Attachment[] {
    return this.#parts.sensor.attachments();
  }

  presentDevices(): string[] {
    try {
      return this.#parts.links.names();
    } catch {
      return []; // the namespace is gone with its devices
    }
  }

  usage(): Usage {
    const { sensor, ring } = this.#parts;
    const counts = sensor.statistics();
    return {
      ...sensor.counters(), // before the ring: of these, what is not in it any more is acknowledged
      sources: sensor.sourceCount(),
      maxSources: sensor.epoch.maxSources,
      ringUsed: ring.used,
      ringSize: ring.size,
      statistics: Object.fromEntries(statistics.map(([name, index]) => [name, counts[index] ?? 0])),
    };
  }

  find(source: string): PortScanEvent | null {
    const bytes = this.#parts.sensor.find(parseAddress(source));
    if (bytes === null) return null;
    return this.#parts.reader.readEntries(bytes, 1, this.#numbers.threshold)[0] ?? null;
  }

  async reset(source: string | null, signal: AbortSignal): Promise<void> {
    await this.#parts.reset(source, signal);
  }
}
