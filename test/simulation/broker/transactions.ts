import type { Clock } from '../clock.ts';
import type { GroupCoordinator } from './group.ts';
import type { PartitionLog, Stored, Written } from './log.ts';
import { protocolError } from './network.ts';

interface Open {
  records: Map<PartitionLog, Stored[]>;
  offsets: Map<GroupCoordinator, Map<number, number>>;
}

interface TransactionalProducer {
  epoch: number;
  open: Open | undefined;
}

/** As src/consumer/control/folder.ts asks for, ms. */
const transactionTimeout = 15_000;

/** Transactions by transactional id: whoever takes an id over fences the one before. */
export class TransactionCoordinator {
  readonly #clock: Clock;
  readonly #producers = new Map<string, TransactionalProducer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the epoch to go on with. */
  takeOver(id: string): number {
    const producer = this.#producers.get(id) ?? { epoch: -1, open: undefined };
    this.#producers.set(id, producer);
    this.#end(producer, false);
    producer.epoch += 1;
    return producer.epoch;
  }

  append(
    id: string,
    epoch: number,
    log: PartitionLog,
    records: readonly Written[],
    writer: string,
  ): Stored[] {
    const { records: open } = this.#opened(id, epoch);
    const stored = log.append(records, writer, 'open');
    open.set(log, [...(open.get(log) ?? []), ...stored]);
    return stored;
  }

  addOffsets(id: string, epoch: number, group: GroupCoordinator, offsets: ReadonlyMap<number, number>): void {
    this.#opened(id, epoch).offsets.set(group, new Map(offsets));
  }

  end(id: string, epoch: number, isCommitted: boolean): void {
    this.#end(this.#current(id, epoch), isCommitted);
  }

  #opened(id: string, epoch: number): Open {
    const producer = this.#current(id, epoch);
    if (producer.open !== undefined) return producer.open;
    const open: Open = { records: new Map(), offsets: new Map() };
    producer.open = open;
    this.#clock.after(
      transactionTimeout,
      () => {
        if (producer.open === open) this.takeOver(id);
      },
      null,
    );
    return open;
  }

  #current(id: string, epoch: number): TransactionalProducer {
    const producer = this.#producers.get(id);
    if (producer?.epoch !== epoch) throw protocolError('INVALID_PRODUCER_EPOCH');
    return producer;
  }

  #end(producer: TransactionalProducer, isCommitted: boolean): void {
    const { open } = producer;
    producer.open = undefined;
    for (const [log, records] of open?.records ?? [])
      log.decide(records, isCommitted, Math.floor(this.#clock.now));
    if (!isCommitted) return;
    for (const [group, offsets] of open?.offsets ?? []) group.keep(offsets);
  }
}
