import { once } from 'node:events';
import type { Cleanup } from './cleanup.ts';
import type { Program } from './program.ts';

/** The wrapper for `startProgram` with which a program can be inspected. */
export const inspectable = ['env', 'NODE_OPTIONS=--inspect=127.0.0.1:0'];

/** V8's inspector of a running program: its garbage can be collected and its state looked at from outside. */
export class Inspector {
  readonly #socket: WebSocket;
  #last = 0;

  /** Of a program that was started with `inspectable`. */
  static async of(t: Cleanup, program: Program): Promise<Inspector> {
    const [, url = ''] = await program.says(/Debugger listening on (ws:\S+)/);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    t.after(() => socket.close());
    return new Inspector(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async collectGarbage(): Promise<void> {
    await this.#call('HeapProfiler.collectGarbage', {});
  }

  /** The value of an expression, as far as JSON can carry it. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.#call<{ result: { value: T } }>('Runtime.evaluate', {
      expression,
      returnByValue: true,
    });
    return result.value;
  }

  #call<T>(method: string, params: object): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise<T>((resolve, reject) => {
      const read = ({ data }: MessageEvent) => {
        const message: { id?: number; result: T; error?: { message: string } } = JSON.parse(String(data));
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', read);
        if (message.error === undefined) resolve(message.result);
        else reject(new Error(`${method}: ${message.error.message}`));
      };
      this.#socket.addEventListener('message', read);
    });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }
}
