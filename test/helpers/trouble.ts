import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Cleanup } from './cleanup.ts';

/** half-open: connections are taken, and nothing more is ever heard. crawl: a byte a second. */
export type Trouble = 'half-open' | 'crawl';

interface Pair {
  client: Socket;
  server: Socket;
}

/** Stands between clients and a server on this machine, and makes trouble on demand. Closed with the test. */
export class TroubleMaker {
  readonly #server = createServer((client) => this.#accept(client));
  readonly #pairs = new Set<Pair>();
  #target = 0;
  #trouble: Trouble | null = null;
  #clock: NodeJS.Timeout | undefined;

  /** Listens at once, and connects to a port that is given later. */
  static async listen(t: Cleanup): Promise<TroubleMaker> {
    const proxy = new TroubleMaker();
    proxy.#server.listen(0, '127.0.0.1');
    t.after(() => proxy.#close());
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** host:port. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  leadTo(port: number): void {
    this.#target = port;
  }

  /** Ends all connections at once by a reset. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** For connections that are there, and those that come. */
  begin(trouble: Trouble): void {
    this.#trouble = trouble;
    for (const { client, server } of this.#pairs) for (const each of [client, server]) each.pause();
    if (trouble === 'crawl') this.#clock = setInterval(() => this.#crawl(), 1000);
  }

  /** Connections that were in trouble are beyond help. */
  end(): void {
    clearInterval(this.#clock);
    this.#trouble = null;
    this.reset();
  }

  #accept(client: Socket): void {
    const pair = { client, server: connect(this.#target, '127.0.0.1') };
    this.#pairs.add(pair);
    this.#forward(pair, client, pair.server);
    this.#forward(pair, pair.server, client);
    if (this.#trouble !== null) for (const each of [client, pair.server]) each.pause();
  }

  #forward(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (!to.write(data)) from.pause();
    });
    to.on('drain', () => {
      if (this.#trouble === null) from.resume();
    });
    from.on('error', () => {}); // close follows
    from.on('close', () => {
      to.destroy();
      this.#pairs.delete(pair);
    });
  }

  #crawl(): void {
    for (const { client, server } of this.#pairs) {
      step(client, server);
      step(server, client);
    }
  }

  #close(): void {
    this.end();
    this.#server.close();
  }
}

function step(from: Socket, to: Socket): void {
  const byte: Buffer | null = from.read(1);
  if (byte !== null) to.write(byte);
}
