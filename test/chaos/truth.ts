/** What sources have done, by the definition of the count: +1 whenever the port differs from the last one. */
export class Truth {
  readonly #sources = new Map<string, { last: number; changes: number }>();
  #packets = 0;

  /** Packets so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Returns the source's count after these. */
  note(source: string, ports: readonly number[]): number {
    this.#packets += ports.length;
    for (const port of ports) {
      const known = this.#sources.get(source);
      const changes = known === undefined ? 0 : known.changes + (known.last === port ? 0 : 1);
      this.#sources.set(source, { last: port, changes });
    }
    return this.#sources.get(source)?.changes ?? 0;
  }

  /** Sources above the threshold with their counts, in the order of their text. */
  above(threshold: number): [string, number][] {
    return Array.from(this.#sources, ([source, { changes }]): [string, number] => [source, changes])
      .filter(([, changes]) => changes > threshold)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
