import type { Message } from 'kafkajs';
import type { ControlResult, IgnorePrefix, SensorConfig } from '../../common/control/records.ts';
import { type Signer, signatureHeader, signatureOf } from '../../common/control/signature.ts';
import type { Verdict } from './judge.ts';
import type { ControlTopics } from './topics.ts';

/** Values in one request, bytes: brokers take batches of 1 MB, and no command makes more than 0.3 MB. */
const bytesPerSend = 600_000;

export interface TopicMessages {
  topic: string;
  messages: Message[];
}

/** What a run of verdicts writes: of each key only the last record, for nobody sees those between. */
export class Changes {
  readonly #configs = new Map<string, SensorConfig>();
  readonly #prefixes = new Map<string, IgnorePrefix>();
  readonly #results: ControlResult[] = [];

  /** True when there is nothing to write. */
  get isEmpty(): boolean {
    return this.#results.length === 0;
  }

  add({ result, folded }: Verdict): void {
    if (result !== undefined) this.#results.push(result);
    if (folded === undefined) return;
    this.addConfig(folded.config);
    for (const prefix of folded.prefixes) this.addPrefix(prefix);
  }

  addConfig(config: SensorConfig): void {
    this.#configs.set(config.sensor, config);
  }

  addPrefix(prefix: IgnorePrefix): void {
    this.#prefixes.set(`${prefix.sensor}/ignore/${prefix.prefix}`, prefix);
  }

  /**
   * The requests to send, in this order: a reader that sees a version of a configuration has seen all its prefixes,
   * and one that sees an answer can see what it is about.
   */
  requests({ config, results }: ControlTopics, signer: Signer | null): TopicMessages[] {
    const { topic } = config;
    const signed = (key: string, value: Buffer) =>
      signer === null
        ? message(key, value)
        : { ...message(key, value), headers: signature({ topic, key, value }, signer) };
    const configMessages = [
      ...Array.from(this.#prefixes, ([key, value]) => signed(key, config.prefix.encode(value))),
      ...Array.from(this.#configs, ([key, value]) => signed(key, config.config.encode(value))),
    ];
    const resultMessages = this.#results.map((each) => message(each.commandId, results.result.encode(each)));
    return [...inRequests(topic, configMessages), ...inRequests(results.topic, resultMessages)];
  }
}

function message(key: string, value: Buffer) {
  return { key, value, partition: 0, timestamp: String(Date.now()) };
}

function signature(record: { topic: string; key: string; value: Buffer }, signer: Signer) {
  return { [signatureHeader]: signatureOf(record, signer) };
}

function inRequests(topic: string, messages: readonly ReturnType<typeof message>[]): TopicMessages[] {
  const requests: TopicMessages[] = [];
  let bytes = bytesPerSend;
  for (const each of messages) {
    bytes += each.key.length + each.value.length;
    if (bytes > bytesPerSend) {
      requests.push({ topic, messages: [] });
      bytes = each.key.length + each.value.length;
    }
    requests.at(-1)?.messages.push(each);
  }
  return requests;
}
