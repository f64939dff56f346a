import type { TopicRecord } from '../kafka/cluster.ts';
import type { AllowList } from './allow-list.ts';
import { signatureHeader } from './signature.ts';

/** Throws SIGNATURE unless a key with the role consumer has signed a record of the config topic. */
export function checkConfigSignature(
  keys: AllowList,
  topic: string,
  { key, value, timestamp, headers }: TopicRecord,
): void {
  const record = { topic, key: key?.toString() ?? '', value: value ?? Buffer.alloc(0) };
  const header = headers[signatureHeader];
  keys.signerOf(record, Array.isArray(header) ? undefined : header?.toString(), 'consumer', timestamp);
}
