import { once } from 'node:events';
import { connect } from 'node:net';

const alterClientQuotas = 49;

/**
 * Limits what clients with an id may send to a broker, bytes/s. By Kafka's protocol itself, AlterClientQuotas version 0, as kafkajs
 * has no call for it: [length] key version correlation client_id, entries of entities and operations, validate_only.
 */
export async function limitSending(brokers: string, clientId: string, bytesPerSecond: number): Promise<void> {
  const entry = [int32(1), text('client-id'), text(clientId)];
  const operation = [int32(1), text('producer_byte_rate'), float64(bytesPerSecond), Buffer.of(0)];
  const body = [int16(alterClientQuotas), int16(0), int32(1), text('test')];
  const request = Buffer.concat([...body, int32(1), ...entry, ...operation, Buffer.of(0)]);
  const answer = await ask(brokers, Buffer.concat([int32(request.length), request]));
  const error = answer.readInt16BE(16); // behind length, correlation, throttle time and the count of entries
  if (error !== 0) throw new Error(`Kafka at ${brokers} sets no quota: error ${error}`);
}

async function ask(brokers: string, request: Buffer): Promise<Buffer> {
  const [host = '', port = ''] = brokers.split(':');
  const socket = connect(Number(port), host);
  try {
    socket.write(request);
    const [answer]: unknown[] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
    if (!Buffer.isBuffer(answer)) throw new Error(`Kafka at ${brokers} answers nothing`);
    return answer;
  } finally {
    socket.destroy();
  }
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
