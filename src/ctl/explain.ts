import type { Explanation } from '../common/control/records.ts';
import { duration } from './output.ts';

/** What a sensor knows of a source, for people. `reason` is its verdict in words. `now` in ms since 1970. */
export function explanationText(explanation: Explanation, reason: string | null, now: number): string {
  const verdict = `${explanation.source}: ${reason ?? explanation.verdict}`;
  return [verdict, sourceText(explanation, now), tableText(explanation)]
    .filter((text) => text !== '')
    .join('\n    ');
}

function sourceText(explanation: Explanation, now: number): string {
  const { changeCount, threshold, episode, lastChange, ignoredBy } = explanation;
  if (ignoredBy !== null) return `ignored by ${ignoredBy}`;
  if (changeCount === null) return `threshold ${threshold}`;
  return [
    `count ${changeCount}, threshold ${threshold}`,
    portsText(explanation),
    episode === null ? '' : `counting for ${duration(now - episode)}`,
    lastChange === null ? '' : `last change ${duration(now - lastChange)} ago`,
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function portsText({ distinctPorts, ports }: Explanation): string {
  if (distinctPorts === null) return '';
  const isAll = ports.length >= distinctPorts;
  return `${isAll ? '' : 'about '}${distinctPorts} ports: ${ports.join(', ')}${isAll ? '' : ' …'}`;
}

function tableText({ sources, maxSources, evictions, refusals, idleResets }: Explanation): string {
  return `table: ${sources} of ${maxSources} sources; so far ${evictions} evicted, ${refusals} refused, ${idleResets} reset when idle`;
}
