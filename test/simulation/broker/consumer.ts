import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { Broker } from './broker.ts';
import { messageOf } from './cluster.ts';
import type { GroupCoordinator, Membership } from './group.ts';
import type { Stored } from './log.ts';

type EventName = 'crash' | 'rebalancing' | 'join' | 'request' | 'timeout';
type Listener = (event: { payload: object }) => void;

const events = {
  ...{ CRASH: 'crash', REBALANCING: 'rebalancing', GROUP_JOIN: 'join' },
  ...{ REQUEST: 'request', REQUEST_TIMEOUT: 'timeout' },
};
const heartbeatInterval = 1_000;
const maxWait = 500;
/** Of kafkajs: how often a round is repeated before it gives up, and the first pause, ms. */
const retries = 5;
const firstPause = 300;
const rebalancing = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'NOT_COORDINATOR_FOR_GROUP'];

/** kafkajs' consumer, step by step as its runner does it. */
export class GroupConsumer {
  readonly #broker: Broker;
  readonly #groupId: string;
  readonly #listeners: { name: EventName; listener: Listener }[] = [];
  #topic = '';
  #config: ConsumerRunConfig = {};
  #membership: Membership | undefined;
  #memberId: string | null = null;
  /** Where to go on, and what of it is committed, by partition. */
  #positions = new Map<number, number>();
  #committed = new Map<number, number>();
  #lastBeat = 0;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(broker: Broker, groupId: string) {
    this.#broker = broker;
    this.#groupId = groupId;
  }

  asConsumer(): Consumer {
    const consumer = {
      events,
      on: (name: EventName, listener: Listener) => {
        this.#listeners.push({ name, listener });
      },
      connect: async () => this.#request(() => undefined),
      subscribe: async ({ topics: [topic] }: { topics: string[] }) => {
        this.#topic = topic ?? '';
      },
      run: async (config: ConsumerRunConfig) => this.#run(config),
      disconnect: async () => this.#stop(),
    };
    return consumer as unknown as Consumer;
  }

  get #group(): GroupCoordinator {
    return this.#broker.group(this.#groupId, this.#topic);
  }

  async #run(config: ConsumerRunConfig): Promise<void> {
    this.#config = config;
    try {
      await this.#join();
    } catch (error) {
      this.#emit('crash', { error });
      return;
    }
    this.#isRunning = true;
    this.#running = this.#loop();
  }

  async #stop(): Promise<void> {
    const wasRunning = this.#isRunning;
    this.#isRunning = false;
    await this.#running;
    const memberId = this.#memberId;
    if (wasRunning && memberId !== null) {
      await this.#request(() => this.#group.leave(memberId)).catch(() => undefined);
    }
  }

  async #loop(): Promise<void> {
    let failures = 0;
    while (this.#isRunning) {
      try {
        await this.#round();
        failures = 0;
      } catch (error) {
        if (!this.#isRunning) return;
        const unmended = await this.#mend(error);
        if (unmended === undefined) {
          failures = 0;
          continue;
        }
        if (failures === retries) {
          this.#isRunning = false;
          this.#emit('crash', { error: unmended });
          return;
        }
        await sleep(firstPause * 2 ** failures);
        failures += 1;
      }
    }
  }

  /** Joins again where that helps. Returns the error that is left. */
  async #mend(error: unknown): Promise<unknown> {
    const type = error instanceof kafkajs.KafkaJSProtocolError ? error.type : '';
    try {
      if (rebalancing.includes(type)) {
        this.#emit('rebalancing', {});
        await this.#join();
      } else if (type === 'UNKNOWN_MEMBER_ID') {
        this.#memberId = null;
        await this.#join();
      } else {
        return error;
      }
      return undefined;
    } catch (failure) {
      return failure;
    }
  }

  async #join(): Promise<void> {
    const membership = await this.#request(() => this.#group.join(this.#memberId));
    this.#memberId = membership.memberId;
    const offsets = await this.#request(
      () => new Map(membership.partitions.map((each) => [each, this.#group.offset(each)])),
    );
    this.#membership = membership;
    this.#positions = new Map(Array.from(offsets, ([partition, offset]) => [partition, offset ?? 0]));
    this.#committed = new Map(this.#positions);
    this.#lastBeat = this.#broker.clock.now;
    this.#emit('join', { memberAssignment: { [this.#topic]: membership.partitions } });
  }

  async #round(): Promise<void> {
    const positions = new Map(this.#positions);
    const found =
      positions.size === 0
        ? await sleep(maxWait, new Map<number, Stored[]>())
        : await this.#request(() => this.#broker.fetch(this.#topic, positions, maxWait));
    const batches = [...found].filter(([, records]) => records.length > 0);
    if (batches.length === 0) await this.#heartbeat();
    for (const [partition, records] of batches) {
      if (!this.#isRunning) return;
      await this.#handle(partition, records);
      await this.#autoCommit();
      await this.#heartbeat();
    }
  }

  async #handle(partition: number, records: readonly Stored[]): Promise<void> {
    const messages = records.filter(({ state }) => state === 'committed').map(messageOf);
    const [first, last] = [records.at(0), records.at(-1)].map((record) => record?.offset ?? 0);
    const offsets = {
      firstOffset: () => String(first),
      lastOffset: () => String(last),
      highWatermark: String(Number(last) + 1),
    };
    const payload = {
      batch: { topic: this.#topic, partition, messages, ...offsets },
      resolveOffset: (offset: string) => this.#resolve(partition, Number(offset) + 1),
      heartbeat: async () => this.#heartbeat(),
      commitOffsetsIfNecessary: async (offsets?: CommittedOffsets) =>
        offsets === undefined ? this.#autoCommit() : this.#commit(offsetsOf(offsets)),
    };
    try {
      await this.#config.eachBatch?.(payload as unknown as EachBatchPayload);
    } catch (error) {
      await this.#autoCommit();
      throw error;
    }
  }

  #resolve(partition: number, next: number): void {
    if (this.#positions.has(partition)) this.#positions.set(partition, next);
  }

  async #heartbeat(): Promise<void> {
    const { clock } = this.#broker;
    const membership = this.#membership;
    if (membership === undefined || clock.now < this.#lastBeat + heartbeatInterval) return;
    try {
      await this.#request(() => this.#group.heartbeat(membership.memberId, membership.generation));
      this.#lastBeat = clock.now;
    } catch (error) {
      if (error instanceof kafkajs.KafkaJSProtocolError && rebalancing.includes(error.type)) {
        await this.#autoCommit();
      }
      throw error;
    }
  }

  async #autoCommit(): Promise<void> {
    if (this.#config.autoCommit === false) return;
    const isNew = ([partition, offset]: [number, number]) => this.#committed.get(partition) !== offset;
    const offsets = new Map([...this.#positions].filter(isNew));
    if (offsets.size > 0) await this.#commit(offsets);
  }

  async #commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const membership = this.#membership;
    if (membership === undefined) return;
    const { memberId, generation } = membership;
    await this.#request(() => this.#group.commit(memberId, generation, offsets));
    for (const [partition, offset] of offsets) this.#committed.set(partition, offset);
  }

  async #request<T>(serve: () => T | Promise<T>): Promise<T> {
    try {
      return await this.#broker.network.request(serve);
    } finally {
      this.#emit('request', {});
    }
  }

  #emit(name: EventName, payload: object): void {
    for (const each of this.#listeners) if (each.name === name) each.listener({ payload });
  }
}

interface CommittedOffsets {
  topics: { partitions: { partition: number; offset: string }[] }[];
}

function offsetsOf({ topics }: CommittedOffsets): Map<number, number> {
  const partitions = topics.flatMap((topic) => topic.partitions);
  return new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
}
