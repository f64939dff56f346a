import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';

/** A connection on which a test says what no HTTP client would. Ended with the test. */
export class RawHttp {
  readonly #socket: Socket;
  #heard = '';
  #isOver = false;

  static async open(t: Cleanup, address: string): Promise<RawHttp> {
    const { hostname, port } = new URL(address);
    const connection = new RawHttp(connect({ host: hostname, port: Number(port) }));
    t.after(() => connection.#socket.destroy());
    await once(connection.#socket, 'connect');
    return connection;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text) => {
      this.#heard += text;
    });
    socket.on('error', () => {}); // a reset is an end, too
    socket.on('close', () => {
      this.#isOver = true;
    });
  }

  get heard(): string {
    return this.#heard;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  say(text: string): void {
    if (!this.#isOver) this.#socket.write(text);
  }

  /** Waits until the other side has ended it, at most `deadline` ms, and returns all that it said. */
  async end(deadline = 10_000): Promise<string> {
    await eventually('the connection is ended', () => this.#isOver, deadline);
    return this.#heard;
  }
}
