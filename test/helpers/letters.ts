import { readToEnd } from '../../src/common/kafka/reader.ts';
import { kafkaClient } from './topics.ts';

/** A record of the topic dead-letter, its headers as text. */
export interface Letter {
  key: string | undefined;
  value: Buffer | null;
  reason: string;
  /** "TOPIC/PARTITION/OFFSET", the topic without its prefix. */
  from: string;
  /** Those that it had before. */
  headers: Record<string, string>;
  /** What is said of a batch. */
  batch: string | undefined;
}

/** All that is set aside, in its order. */
export async function letters(brokers: string, prefix: string): Promise<Letter[]> {
  const all: Letter[] = [];
  await readToEnd(kafkaClient(brokers), `${prefix}.dead-letter`, (_, records) => {
    for (const { key, value, headers } of records) {
      const texts = Object.entries(headers).map(([name, text]) => [name, String(text)]);
      const {
        'port-ticker-reason': reason = '',
        'port-ticker-topic': topic = '',
        'port-ticker-partition': partition,
        'port-ticker-offset': offset,
        'port-ticker-batch': batch,
        ...original
      }: Record<string, string> = Object.fromEntries(texts);
      const from = `${topic.replace(`${prefix}.`, '')}/${partition}/${offset}`;
      all.push({ key: key?.toString(), value, reason, from, headers: original, batch });
    }
  });
  return all;
}
