import type { SensorStatus } from '../../src/common/control/records.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { enumerators } from '../../src/producer/native.ts';
import { sensorStatus } from '../../test/helpers/commands.ts';
import { portScanEvent } from '../../test/helpers/records.ts';

/** Of a source whose ports were all open: a row, and no alert. */
const client = { verdict: false, score: -4, closedPorts: 0, openPorts: 22 };
/** Of a scan of closed ports, too few of them for a further rise: one alert. */
const scan = { verdict: true, score: 4, closedPorts: 10, openPorts: 0, distinctPorts: 12 };

/** All episodes began when this process did; ms since 1970. */
const began = Date.now();

/** The counters of a status, as many as a real one has, with some of them large. */
const statistics = Object.fromEntries(
  Object.entries(enumerators('statistic')).map(([name, index]) => [
    name.replace('STAT_', '').toLowerCase(),
    index % 3 === 0 ? 1_000_000 + index : index,
  ]),
);

/** What one sensor tells: events with its own sequence, and statuses. */
export class EventStream {
  readonly sensor: string;
  readonly #epoch: string;
  #sequence = 0;

  constructor(number: number) {
    this.sensor = `sensor-${number}`;
    this.#epoch = number.toString(16).padStart(16, '0');
  }

  /** A source's count has crossed; `isScan`: and it deserves an alert. */
  event(source: string, changeCount: number, isScan = false): PortScanEvent {
    this.#sequence += 1;
    const now = Date.now();
    return portScanEvent({
      ...(isScan ? scan : client),
      ...{ sensor: this.sensor, epoch: this.#epoch, sequence: this.#sequence },
      ...{ source, changeCount, episode: began, time: now, lastChange: now },
      ports: portsOf(source),
    });
  }

  /** `isDelivered`: all its events so far are in Kafka. */
  status(isDelivered: boolean): SensorStatus {
    return sensorStatus({
      ringUsed: isDelivered ? 0 : 136,
      ...{ sensor: this.sensor, epoch: this.#epoch, sequence: this.#sequence },
      ...{ time: Date.now(), sources: 5_000, statistics },
    });
  }
}

/** An address for each number below 2²⁴. */
export function address(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

/** Unlike those of the sources next to it: what has ports in common is alerted as a group. */
function portsOf(source: string): number[] {
  const [, , high, low] = source.split('.').map(Number);
  const first = (high ?? 0) * 256 + (low ?? 0);
  return [0, 1, 2, 3, 4, 5].map((step) => 1 + ((first + step) % 65_535));
}
