import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Cleanup } from './cleanup.ts';
import { freePort } from './free-port.ts';

/** Another address of a server of this machine. While it is shut, nobody is there. */
export class Door {
  /** The server's URL, with the port of the door. */
  readonly url: string;
  readonly #sockets = new Set<Socket>();
  readonly #server;
  readonly #port: number;

  /** Shut at first; shut for good with the test. */
  static async to(t: Cleanup, url: string): Promise<Door> {
    const door = new Door(new URL(url), await freePort());
    t.after(() => door.shut());
    return door;
  }

  private constructor(url: URL, port: number) {
    const { port: behind } = url;
    this.#port = port;
    this.#server = createServer((client) => {
      const server = connect(Number(behind), '127.0.0.1');
      client.pipe(server).pipe(client);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => this.#sockets.delete(socket));
      }
    });
    url.port = String(port);
    this.url = url.href;
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Also ends what has passed. */
  shut(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
