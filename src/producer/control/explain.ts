import { coveringPrefixes, prefixText } from '../../common/address.ts';
import type { Explanation } from '../../common/control/records.ts';
import type { Kernel } from './kernel.ts';

/** Why a source is in the report or is not, in figures and in words. */
export function explain(kernel: Kernel, source: string): { explanation: Explanation; reason: string } {
  const { threshold } = kernel.numbers;
  const { sources, maxSources, statistics } = kernel.usage();
  const ignoredBy =
    coveringPrefixes(source)
      .map(prefixText)
      .find((prefix) => kernel.ignored.has(prefix)) ?? null;
  const entry = kernel.find(source);
  const explanation: Explanation = {
    source,
    verdict: verdictOf(ignoredBy, entry?.changeCount, threshold),
    ignoredBy,
    changeCount: entry?.changeCount ?? null,
    threshold,
    distinctPorts: entry?.distinctPorts ?? null,
    ports: entry?.ports ?? [],
    episode: entry?.episode ?? null,
    lastChange: entry?.lastChange ?? null,
    sources,
    maxSources,
    evictions: statistics['sources_evicted'] ?? 0,
    refusals: statistics['sources_refused'] ?? 0,
    idleResets: statistics['idle_resets'] ?? 0,
  };
  return { explanation, reason: reasonOf(explanation) };
}

function verdictOf(
  ignoredBy: string | null,
  count: number | undefined,
  threshold: number,
): Explanation['verdict'] {
  if (ignoredBy !== null) return 'ignored';
  if (count === undefined) return 'not-in-table';
  return count > threshold ? 'reported' : 'below-threshold';
}

function reasonOf({ verdict, ignoredBy, changeCount, threshold, ...table }: Explanation): string {
  switch (verdict) {
    case 'ignored':
      return `its packets are not looked at: ${ignoredBy} is on the ignore list`;
    case 'reported':
      return `its port changed ${changeCount} times, which is above the threshold ${threshold}`;
    case 'below-threshold':
      return `its port changed ${changeCount} times, which is not above the threshold ${threshold}`;
    case 'not-in-table':
      return (
        `it is not in the table: no packet of it was counted, or it had to give way ` +
        `(${table.sources} of ${table.maxSources} sources, ${table.evictions} evicted, ${table.refusals} turned away so far)`
      );
  }
}
