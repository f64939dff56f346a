import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from './cleanup.ts';
import { freePort } from './free-port.ts';
import { type Kafka, startKafka } from './kafka.ts';

/** How answers come: as they should, not at all, or a byte a second. */
type Mood = 'good' | 'silent' | 'crawling';

/** A broker behind a network that a test can spoil. */
export interface BadNetwork {
  readonly brokers: string;
  readonly broker: Kafka;
  /** How many connections there are. */
  readonly connections: number;
  /** Concerns the connections of now; later ones are good. */
  spoil(mood: Mood): void;
  /** Resets all connections. */
  reset(): void;
}

/** Closed with the test, or when `after` says so. */
export async function startBadNetwork(t: Cleanup): Promise<BadNetwork> {
  const [port, entrance, exit] = [await freePort(), await freePort(), await freePort()];
  const broker = await startKafka({
    port,
    listeners: [`FAR://127.0.0.1:${exit}`],
    properties: [
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,FAR:PLAINTEXT',
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port},FAR://127.0.0.1:${entrance}`,
    ],
  });
  t.after(() => broker.close());
  const wires = new Set<Wire>();
  const server = createServer((socket) => {
    const wire = new Wire(socket, exit);
    wires.add(wire);
    socket.once('close', () => wires.delete(wire));
  });
  server.listen(entrance, '127.0.0.1');
  await once(server, 'listening');
  const reset = () => {
    for (const wire of wires) wire.reset();
  };
  t.after(() => {
    reset();
    server.close();
  });
  return {
    ...{ brokers: `127.0.0.1:${entrance}`, broker, reset },
    get connections() {
      return wires.size;
    },
    spoil(mood) {
      for (const wire of wires) wire.mood = mood;
    },
  };
}

/** One connection to the broker. */
class Wire {
  mood: Mood = 'good';
  readonly #client: Socket;
  readonly #broker: Socket;
  #last: Promise<void> = Promise.resolve();

  constructor(client: Socket, port: number) {
    this.#client = client;
    this.#broker = connect(port, '127.0.0.1');
    client.pipe(this.#broker);
    this.#broker.on('data', (data) => {
      this.#last = this.#last.then(() => this.#deliver(data));
    });
    this.#broker.on('error', () => this.reset());
    this.#broker.on('end', () => this.mood === 'good' && client.end());
    client.on('error', () => this.#broker.destroy());
    client.on('close', () => this.#broker.destroy());
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#broker.destroy();
  }

  async #deliver(data: Buffer): Promise<void> {
    if (this.mood === 'good') this.#client.write(data);
    for (let at = 0; this.mood === 'crawling' && at < data.length && !this.#client.destroyed; at += 1) {
      this.#client.write(data.subarray(at, at + 1));
      await sleep(1_000, undefined, { ref: false });
    }
  }
}
