import { get, type IncomingMessage } from 'node:http';
import { sourceOf } from '../../src/consumer/report.ts';

/** A client of /api/stream that notes when it is told of a source first. */
export class StreamReader {
  /** By source; ms since 1970, with fractions. */
  readonly seen = new Map<string, number>();
  readonly #response: IncomingMessage;
  #rest = '';

  static async open(url: string): Promise<StreamReader> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(url, resolve).once('error', reject);
    return new StreamReader(await promise);
  }

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    response.on('error', () => undefined); // by its own end
  }

  close(): void {
    this.#response.destroy();
  }

  #hear(text: string): void {
    const now = performance.timeOrigin + performance.now();
    const messages = (this.#rest + text).split('\n\n');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1] ?? '{}';
      const { rows = [] }: { rows?: { key: string }[] } = JSON.parse(data);
      for (const { source } of rows.map(({ key }) => sourceOf(key)))
        if (!this.seen.has(source)) this.seen.set(source, now);
    }
  }
}
