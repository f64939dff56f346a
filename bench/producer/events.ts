import { createRequire } from 'node:module';
import { AvroCodec } from '../../src/common/avro.ts';
import type { PortScanEvent } from '../../src/common/event.ts';
import { EventEncoder } from '../../src/producer/event-encoder.ts';
import { field } from '../../src/producer/native.ts';
import { eventSize, RecordReader } from '../../src/producer/record.ts';
import type { Result } from '../result.ts';
import { spread } from '../spread.ts';
import { type FilledSensor, filledSensor, withCleanup } from './filled-sensor.ts';

const rounds = 31;
const batch = 250;
/** Make the ring full. */
const sources = 60_000;

/** bench/baselines/callbacks.c: gives `take` all that waits in a pinned ring, and leaves it there. */
const callbacks: { consume: (pin: string, take: (record: Buffer) => void) => number } = createRequire(
  import.meta.url,
)('../../build/bench/callbacks.node');

/** Events a second, in millions, one figure a round. */
interface Rates {
  [row: string]: number[];
}

/** What the producer can read out of the ring, and write as Avro, on one CPU. */
export async function producerEvents(): Promise<Result> {
  const rates = await withCleanup(async (t) => measure(await filledSensor(t)));
  return {
    title: 'Events in the producer',
    about: `Millions of events a second on one CPU, minimum / **median** / maximum of ${rounds} rounds in turns, a full ring of real events each, in
batches of ${batch} as the producer takes them. Read: copied out of the ring, and an object made with all 27 fields, beside the same with
a call of JavaScript for each event, as libbpf's ring_buffer__consume gives them, which is the usual way. Written: Avro with its header in
the buffer of the batch, beside the same by avsc (\`toBuffer\`), which is the usual way. Eight scanners whose addresses come again and
again, and a flood in which each event has another source. Left out: Kafka.`,
    table: [
      ['', 'M events/s'],
      ...Object.entries(rates).map(([row, figures]) => {
        const { min, median, max } = spread(figures);
        return [row, `${min.toFixed(2)} / **${median.toFixed(2)}** / ${max.toFixed(2)}`];
      }),
    ],
    raw: rates,
  };
}

function measure(filled: FilledSensor): Rates {
  const { sensor, reader, pour } = filled;
  const codec = new AvroCodec<PortScanEvent>('port-scan-event');
  const encoder = new EventEncoder(codec);
  const records = new Uint8Array(batch * eventSize);
  const rates: Rates = {};
  const note = (row: string, rate: number) => {
    rates[row] = [...(rates[row] ?? []), rate];
  };
  pour(sources);
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['of eight scanners', 'each of another source']) {
      const took = { read: 0, written: 0, 'written by avsc': 0 };
      const time = <T>(what: keyof typeof took, action: () => T): T => {
        const since = performance.now();
        const result = action();
        took[what] += performance.now() - since;
        return result;
      };
      let all = 0;
      const ring = sensor.openRing(); // from the beginning again: nothing is acknowledged
      for (;;) {
        const count = time('read', () => ring.pull(records));
        if (count === 0) break;
        if (kind === 'of eight scanners') repeatSources(records, count);
        const events = time('read', () => reader.readEvents(records, count));
        time('written', () => encoder.encode(events));
        time('written by avsc', () => events.map((event) => codec.encode(event)));
        all += count;
      }
      ring.close();
      for (const [what, milliseconds] of Object.entries(took))
        note(`${what}, ${kind}`, all / milliseconds / 1000);
    }
    note('read by a call for each event, each of another source', rateOfCalls(filled));
  }
  return rates;
}

/** The clock and the drops are asked once, not for each event. */
function rateOfCalls({ ringPath, origin }: FilledSensor): number {
  const now = origin.now();
  const reader = new RecordReader({ ...origin, now: () => now, drops: () => 0 });
  const since = performance.now();
  const count = callbacks.consume(ringPath, (record) => reader.readEvents(record, 1));
  if (count < 0) throw new Error(`reading ${ringPath} by calls: errno ${-count}`);
  return count / (performance.now() - since) / 1000;
}

/** As if eight sources had made the events. */
function repeatSources(events: Uint8Array, count: number): void {
  const address = field('event', 'source', 64) + field('source', 'address', 16);
  for (let index = 0; index < count; index += 1) {
    events.set([10, 0, 0, index % 8], index * eventSize + address + 12);
  }
}
