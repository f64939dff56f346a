import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { Distribution, delayBounds } from '../common/distribution.ts';
import { type PortScanEvent, type Reason, reasons } from '../common/event.ts';
import { changesOf } from './changes.ts';
import type { DeadLetters, Poison } from './dead-letters.ts';
import type { Decoder } from './decoder.ts';
import { GroupMember, type GroupOptions, type Membership, whileBeating } from './group.ts';
import type { Report } from './report.ts';
import type { ReportView } from './view.ts';
import type { ReportWriter } from './writer.ts';

type Options = Pick<GroupOptions, 'kafka' | 'brokers' | 'groupId' | 'topic' | 'logger'> & {
  decoder: Decoder<PortScanEvent>;
  deadLetters: Pick<DeadLetters, 'setAside'>;
  report: Report;
  view: ReportView;
  writer: ReportWriter;
};

/** Shares the events with the other instances of its group, and writes the rows of its share. */
export class EventSubscriber {
  /** From a packet that made an event to the row in Kafka, by the clocks of the sensor and of this process; s. */
  readonly delays = new Distribution(delayBounds);
  readonly #consumed = new Map<Reason, number>(reasons.map((reason) => [reason, 0]));
  readonly #options: Options;
  readonly #group: GroupMember;
  /** The partitions given to this instance, and when the report knows all that their last owner wrote. */
  readonly #claims = new Map<number, Promise<void>>();
  readonly #owned = new Set<number>();

  constructor(options: Options) {
    this.#options = options;
    this.#group = new GroupMember({
      ...options,
      autoCommit: true,
      onAssigned: (partitions) => this.#claim(partitions),
      onRevoked: () => this.#release(),
      onBatch: (payload) => this.#take(payload),
    });
  }

  start(): void {
    this.#group.start();
  }

  /** How this instance fares in the group. */
  get group(): Membership {
    return this.#group;
  }

  /** Events whose rows Kafka has, by reason. */
  get consumed(): ReadonlyMap<Reason, number> {
    return this.#consumed;
  }

  /** True for the partitions whose rows this instance, and no other, has to write. */
  isOwner(partition: number): boolean {
    return this.#owned.has(partition);
  }

  async close(): Promise<void> {
    await this.#group.close();
  }

  #claim(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const claim = this.#options.view.current(partition).then(() => {
        if (this.#claims.get(partition) === claim) this.#owned.add(partition);
      });
      claim.catch(() => undefined); // rejects only on close
      this.#claims.set(partition, claim);
    }
  }

  #release(): void {
    this.#claims.clear();
    this.#owned.clear();
  }

  /** Offsets are resolved, and so committed, only for events whose rows Kafka has. */
  async #take({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const claim = this.#claims.get(batch.partition);
    if (claim === undefined) return; // given away meanwhile: its new owner gets the batch
    await whileBeating(claim, heartbeat);
    const { events, poison } = await this.#decode(batch.partition, batch.messages);
    await whileBeating(this.#options.deadLetters.setAside(poison), heartbeat);
    const written = this.#options.writer.write(batch.partition, () =>
      changesOf(events, batch.partition, this.#options.report),
    );
    await whileBeating(written, heartbeat);
    this.#count(events);
    resolveOffset(batch.messages.at(-1)?.offset ?? batch.lastOffset());
  }

  /** States have no sequence, and no packet of their own. A clock that is ahead makes no delay. */
  #count(events: readonly PortScanEvent[]): void {
    const now = Date.now();
    for (const { reason, sequence, time } of events) {
      this.#consumed.set(reason, (this.#consumed.get(reason) ?? 0) + 1);
      if (sequence !== null) this.delays.observe(Math.max(0, now - time) / 1000);
    }
  }

  async #decode(partition: number, messages: readonly KafkaMessage[]) {
    const events: PortScanEvent[] = [];
    const poison: Poison[] = [];
    for (const message of messages) {
      const read = this.#options.decoder.decode(message, partition);
      const decoded = read instanceof Promise ? await read : read;
      if ('poison' in decoded) poison.push(decoded.poison);
      else events.push(decoded.statement);
    }
    return { events, poison };
  }
}
