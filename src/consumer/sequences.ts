/** Said by a sensor of itself. */
interface Statement {
  sensor: string;
  epoch: string;
  /** The last one given out. */
  sequence: number;
  /** Bytes in the ring. */
  ringUsed: number;
}

/** What is known of the sequence of one epoch. */
interface Sequence {
  /** All up to here is judged; undefined while nothing is: what came before the first event that was read is unknown. */
  judged: number | undefined;
  /** Those read above it. */
  read: Set<number>;
}

/** Of an epoch that its sensor never says to be delivered, no more than this is remembered. */
const longestMemory = 10_000;

/**
 * Judges which of the sensors' events are missing, and which have come twice, by their sequence numbers. Partitions are
 * read in any order, and a batch may be in one long before it is in the other: so what is missing is known only when the
 * sensor has said that Kafka has it all, and everything has been read that was in Kafka then.
 */
export class Sequences {
  readonly #known = new Map<string, Sequence>();
  #missing = 0;
  #duplicates = 0;

  /** Events that are not in Kafka though their sensor has said so. */
  get missing(): number {
    return this.#missing;
  }

  /** Events that were in Kafka already. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** An event was read. */
  read(sensor: string, epoch: string, sequence: number): void {
    const known = this.#known.get(keyOf(sensor, epoch)) ?? { judged: undefined, read: new Set() };
    this.#known.set(keyOf(sensor, epoch), known);
    if (known.read.has(sequence) || sequence <= (known.judged ?? 0)) {
      this.#duplicates += 1;
      return;
    }
    known.read.add(sequence);
    if (known.read.size > longestMemory) judge(known, Math.max(...known.read));
  }

  /**
   * Judges what sensors said to be delivered. Precondition: everything has been read that was in Kafka when they said so.
   * An epoch that is not its sensor's any more is forgotten.
   */
  judge(statements: Iterable<Statement>): void {
    const alive = new Set<string>();
    for (const { sensor, epoch, sequence, ringUsed } of statements) {
      const key = keyOf(sensor, epoch);
      alive.add(key);
      const known = this.#known.get(key);
      if (known !== undefined && ringUsed === 0) this.#missing += judge(known, sequence);
    }
    for (const key of this.#known.keys()) if (!alive.has(key)) this.#known.delete(key);
  }

  /** Somebody else reads on. */
  forget(): void {
    this.#known.clear();
  }
}

/** How many up to `last` are missing. Of the first judgement, none: where reading began, a batch may have been cut. */
function judge(known: Sequence, last: number): number {
  const { judged, read } = known;
  const settled = [...read].filter((sequence) => sequence <= last);
  if (settled.length === 0 && judged === undefined) return 0;
  for (const sequence of settled) read.delete(sequence);
  known.judged = Math.max(judged ?? 0, last);
  return judged === undefined ? 0 : Math.max(0, last - judged) - settled.length;
}

function keyOf(sensor: string, epoch: string): string {
  return `${sensor}/${epoch}`;
}
