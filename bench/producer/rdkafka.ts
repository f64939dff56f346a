import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import type { Message } from 'kafkajs';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { temporaryDirectory } from '../../test/helpers/temporary-directory.ts';

const script = join(import.meta.dirname, '../baselines/librdkafka.py');

/** librdkafka as a process of its own, that sends to one topic what it is given; ends with the benchmark. */
export class Rdkafka {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  readonly #file: string;

  constructor(t: Cleanup, brokers: string, topic: string) {
    const directory = temporaryDirectory('port-ticker-bench-');
    t.after(() => directory.remove());
    this.#file = join(directory.path, 'batches');
    // Debian's own Python has Debian's librdkafka.
    this.#process = spawn('/usr/bin/python3', [script, brokers, topic], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => this.#process.kill());
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves to the ms that it took: batch after batch, and all at once. */
  async send(batches: readonly Message[][]): Promise<[number, number]> {
    const lines = batches.map((messages) =>
      JSON.stringify(
        messages.map(({ key, value, timestamp }) => [
          key,
          value instanceof Buffer ? value.toString('base64') : value,
          Number(timestamp),
        ]),
      ),
    );
    writeFileSync(this.#file, lines.join('\n'));
    this.#process.stdin.write(`${this.#file}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('librdkafka.py has ended: is python3-confluent-kafka installed?');
    const [oneByOne, atOnce]: [number, number] = JSON.parse(value);
    return [oneByOne * 1000, atOnce * 1000];
  }
}
