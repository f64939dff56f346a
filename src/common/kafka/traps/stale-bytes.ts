import { createRequire } from 'node:module';

/** What is used of kafkajs' internals. */
interface Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<boolean>;
  disconnect(): Promise<unknown>;
  processData(bytes: Buffer): void;
}

const require = createRequire(import.meta.url);

/** Bytes of the length that begins each response. */
const lengthSize = 4;

/**
 * A connection of kafkajs' that dies in the middle of a response and is opened again still holds the first half, and
 * takes it for the beginning of the next response: nonsense, which it throws where nobody can catch it, and the process
 * ends. So it begins empty each time; and one whose bytes make no sense, for whatever reason, is let go, by which its
 * requests fail and are tried again.
 */
export function forgetStaleBytes(): void {
  const { prototype }: { prototype: Connection } = require('kafkajs/src/network/connection');
  const { connect, processData } = prototype;
  if (connect.name === 'connectEmpty') return;
  prototype.connect = function connectEmpty(this: Connection) {
    if (!this.isConnected()) {
      this.chunks = [];
      this.bytesBuffered = 0;
      this.bytesNeeded = lengthSize;
    }
    return connect.call(this);
  };
  prototype.processData = function processOrLetGo(this: Connection, bytes: Buffer) {
    try {
      processData.call(this, bytes);
    } catch {
      this.disconnect().catch(() => undefined); // it is given up in any case
    }
  };
}
