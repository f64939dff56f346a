import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';
import type { Namespace } from './sandbox.ts';

const childPath = fileURLToPath(new URL('./host-child.ts', import.meta.url));

export interface ListenOptions {
  host: string;
  port: number;
  backlog?: number;
  ipv6Only?: boolean;
  reusePort?: boolean;
  /** Bytes that are sent to whoever connects. */
  greeting?: number;
}

export interface BindOptions {
  type: 'udp4' | 'udp6';
  address?: string;
  /** Any free one without. */
  port?: number;
  reusePort?: boolean;
  /** Connects the socket: it takes packets from there alone. */
  remote?: { address: string; port: number };
}

export interface ConnectOptions {
  host: string;
  port: number;
  localPort?: number;
}

export interface SendOptions {
  type: 'udp4' | 'udp6';
  /** Source port, any free one without. */
  from?: number;
  address: string;
  ports: readonly number[];
}

interface Verbs {
  listen: [ListenOptions, undefined];
  bind: [BindOptions, number];
  connect: [ConnectOptions, number | null];
  send: [SendOptions, undefined];
  end: [undefined, undefined];
  abort: [undefined, undefined];
  closeListeners: [number, undefined];
}

export type Order = { [V in keyof Verbs]: { id: number; verb: V; options: Verbs[V][0] } }[keyof Verbs];
export interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** The sockets of a network namespace: a process in it that opens them, until the test ends. */
export class Host {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  #orders = 0;

  static async start(t: Cleanup, namespace: Namespace): Promise<Host> {
    const child = spawn('nsenter', [`--net=${namespace.path}`, process.execPath, childPath], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    t.after(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`no process in ${namespace.name}`);
      }),
    ]);
    return new Host(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values())
        reject(new Error('the process in the namespace ended'));
    });
  }

  /** A TCP listener. */
  listen(options: ListenOptions): Promise<void> {
    return this.#order('listen', options);
  }

  /** A UDP socket that stays; returns its port. */
  bind(options: BindOptions): Promise<number> {
    return this.#order('bind', options);
  }

  /** A TCP connection that stays; returns its local port, null when it was refused. */
  connect(options: ConnectOptions): Promise<number | null> {
    return this.#order('connect', options);
  }

  /** One datagram to each port, in this order. */
  send(options: SendOptions): Promise<void> {
    return this.#order('send', options);
  }

  /** Closes its TCP connections before the other side does: TIME_WAIT is here. */
  end(): Promise<void> {
    return this.#order('end', undefined);
  }

  /** Resets its TCP connections, whatever is on its way. */
  abort(): Promise<void> {
    return this.#order('abort', undefined);
  }

  /** Closes so many listeners, the oldest first. */
  closeListeners(count: number): Promise<void> {
    return this.#order('closeListeners', count);
  }

  #order<V extends keyof Verbs>(verb: V, options: Verbs[V][0]): Promise<Verbs[V][1]> {
    this.#orders += 1;
    const id = this.#orders;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#child.send({ id, verb, options });
    });
  }
}
