import type { IHeaders, Message } from 'kafkajs';
import { describe } from '../common/errors.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import type { TopicSender } from '../common/kafka/sender.ts';
import { writable } from '../common/kafka/traps/headers.ts';
import { unreadableBatch } from '../common/kafka/traps/unreadable-batch.ts';
import { type Logger, warnOfFirst } from '../common/logger.ts';

/** Of one request, when it has several records: below what brokers take by default; bytes. */
const requestSize = 900_000;
/** For how long the topic is left alone after a failure, so that it holds up nobody; ms. */
const pause = 30_000;
const longestReason = 1_000;

/** A record that nobody can read, as it was found. */
export interface Poison extends Pick<TopicRecord, 'key' | 'value'> {
  headers: IHeaders;
  topic: string;
  partition: number;
  offset: string;
  reason: string;
}

export type Outcome = 'kept' | 'lost';

/**
 * Sets records aside that nobody can read: as they were, with headers that say why and where they were found. It never
 * holds up whoever found them: what the topic does not take is counted, and told once.
 */
export class DeadLetters {
  readonly #sender: Pick<TopicSender, 'send' | 'close'>;
  readonly #logger: Logger;
  readonly #counts: Record<Outcome, number> = { kept: 0, lost: 0 };
  #nextAttempt = 0;

  constructor(sender: Pick<TopicSender, 'send' | 'close'>, logger: Logger) {
    this.#sender = sender;
    this.#logger = logger;
  }

  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  /** Resolves when they are set aside, or cannot be. To be called before it is noted that they are read. */
  async setAside(poison: readonly Poison[]): Promise<void> {
    for (const messages of requests(poison.map(letter))) await this.#send(messages);
  }

  async close(): Promise<void> {
    await this.#sender.close();
  }

  async #send(messages: Message[]): Promise<void> {
    const isPausing = performance.now() < this.#nextAttempt;
    this.#counts[!isPausing && (await this.#isTaken(messages)) ? 'kept' : 'lost'] += messages.length;
  }

  async #isTaken(messages: Message[]): Promise<boolean> {
    try {
      await this.#sender.send(messages);
      return true;
    } catch (error) {
      this.#nextAttempt = performance.now() + pause;
      const line = `${messages.length} unreadable records are not set aside: ${describe(error)}`;
      warnOfFirst(this.#logger, this.#counts.lost === 0, line);
      return false;
    }
  }
}

function letter({ key, value, headers, topic, partition, offset, reason }: Poison): Message {
  const batch = unreadableBatch(headers);
  return {
    key,
    value: batch?.bytes ?? value,
    headers: {
      ...writable(headers),
      'port-ticker-reason': reason.slice(0, longestReason),
      'port-ticker-topic': topic,
      'port-ticker-partition': String(partition),
      'port-ticker-offset': offset,
      ...(batch && { 'port-ticker-batch': `${batch.records} records from offset ${batch.firstOffset}` }),
    },
    timestamp: String(Date.now()),
    partition: 0,
  };
}

/** Parts that each fit into a request. */
function* requests(messages: readonly Message[]): Generator<Message[]> {
  let part: Message[] = [];
  let size = 0;
  for (const message of messages) {
    const more = sizeOf(message);
    if (part.length > 0 && size + more > requestSize) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(message);
    size += more;
  }
  if (part.length > 0) yield part;
}

/** About, with room for its headers; bytes. */
function sizeOf({ key, value }: Message): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 2 * longestReason;
}
