import type { Chance } from '../chance.ts';
import type { Clock } from '../clock.ts';
import { protocolError } from './network.ts';

/** As src/consumer/group.ts asks for, ms. */
const sessionTimeout = 6_000;
const rebalanceTimeout = 10_000;
/** A broker waits for so long for the first members of a group. */
const initialDelay = 3_000;

export interface Membership {
  memberId: string;
  generation: number;
  partitions: number[];
}

interface Member {
  lastSeen: number;
  /** While it waits for the others to join. */
  joining: ((membership: Membership) => void) | undefined;
}

/** The coordinator of a consumer group over one topic. */
export class GroupCoordinator {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #partitionCount: number;
  readonly #members = new Map<string, Member>();
  readonly #offsets = new Map<number, number>();
  #generation = 0;
  #isPreparing = false;
  #named = 0;
  /** Called before an offset is kept. */
  onCommit: (partition: number, offset: number) => void = () => {};

  constructor(clock: Clock, chance: Chance, partitionCount: number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#partitionCount = partitionCount;
  }

  /** Resolves when all have joined, or those who have not are no members any more. */
  async join(memberId: string | null): Promise<Membership> {
    if (memberId !== null && !this.#members.has(memberId)) throw protocolError('UNKNOWN_MEMBER_ID');
    const id = memberId ?? this.#newName();
    const { promise, resolve } = Promise.withResolvers<Membership>();
    const isFirst = this.#members.size === 0;
    this.#member(id).joining = resolve;
    this.#prepare(isFirst ? this.#chance.between(0, initialDelay) : rebalanceTimeout);
    if (!isFirst) this.#completeIfAllJoined();
    return promise;
  }

  heartbeat(memberId: string, generation: number): void {
    this.#check(memberId, generation);
    if (this.#isPreparing) throw protocolError('REBALANCE_IN_PROGRESS');
  }

  commit(memberId: string, generation: number, offsets: ReadonlyMap<number, number>): void {
    this.#check(memberId, generation);
    this.keep(offsets);
  }

  /** Without a member: as part of a transaction. */
  keep(offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) {
      this.onCommit(partition, offset);
      this.#offsets.set(partition, offset);
    }
  }

  /** Where to go on, undefined where nothing was committed. */
  offset(partition: number): number | undefined {
    return this.#offsets.get(partition);
  }

  leave(memberId: string): void {
    if (!this.#members.delete(memberId)) return;
    if (this.#members.size > 0) this.#prepare(rebalanceTimeout);
    this.#completeIfAllJoined();
  }

  /** A broker that comes back takes everybody for alive. */
  forgive(): void {
    for (const member of this.#members.values()) member.lastSeen = this.#clock.now;
  }

  #member(id: string): Member {
    const known = this.#members.get(id);
    if (known !== undefined) return known;
    const member: Member = { lastSeen: this.#clock.now, joining: undefined };
    this.#members.set(id, member);
    this.#expire(id, member);
    return member;
  }

  #newName(): string {
    this.#named += 1;
    return `member-${this.#named}`;
  }

  #check(memberId: string, generation: number): void {
    const member = this.#members.get(memberId);
    if (member === undefined) throw protocolError('UNKNOWN_MEMBER_ID');
    if (generation !== this.#generation) throw protocolError('ILLEGAL_GENERATION');
    member.lastSeen = this.#clock.now;
  }

  #prepare(deadline: number): void {
    if (this.#isPreparing) return;
    this.#isPreparing = true;
    const generation = this.#generation;
    this.#clock.after(
      deadline,
      () => {
        if (this.#isPreparing && this.#generation === generation) this.#complete();
      },
      null,
    );
  }

  #completeIfAllJoined(): void {
    const everybody = [...this.#members.values()];
    if (this.#isPreparing && everybody.every(({ joining }) => joining !== undefined)) this.#complete();
  }

  #complete(): void {
    for (const [id, { joining }] of this.#members) if (joining === undefined) this.#members.delete(id);
    this.#isPreparing = false;
    this.#generation += 1;
    const members = this.#chance.shuffled([...this.#members]);
    const all = Array.from({ length: this.#partitionCount }, (_, partition) => partition);
    members.forEach(([memberId, member], index) => {
      const partitions = all.filter((partition) => partition % members.length === index);
      member.joining?.({ memberId, generation: this.#generation, partitions });
      member.joining = undefined;
      member.lastSeen = this.#clock.now;
    });
  }

  /** Removes a member that has been silent for a session, as long as it is one. */
  #expire(memberId: string, member: Member): void {
    const left = member.lastSeen + sessionTimeout - this.#clock.now;
    this.#clock.after(
      left > 0 ? left : sessionTimeout,
      () => {
        if (this.#members.get(memberId) !== member) return;
        const isSilent = member.joining === undefined && this.#clock.now - member.lastSeen >= sessionTimeout;
        if (isSilent) this.leave(memberId);
        else this.#expire(memberId, member);
      },
      null,
    );
  }
}
