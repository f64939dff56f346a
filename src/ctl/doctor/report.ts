import type { Finding, Group, Verdict } from './finding.ts';

/** What a check has found, as --json prints it. */
export interface Result extends Finding {
  id: string;
  group: Group;
}

const verdictWidth = 'UNKNOWN'.length;
const indentation = ' '.repeat(2 + verdictWidth + 2);

/** A group for people: what is fine by name only, unless all is wanted; the rest with what was found, and what helps. */
export function groupText(title: string, results: readonly Result[], wide: boolean): string {
  if (wide) return [title, ...results.flatMap((result) => lines([result.id], result))].join('\n');
  const fine = results.filter(({ verdict }) => verdict === 'OK').map(({ id }) => id);
  const told = results.filter(({ verdict }) => verdict !== 'OK');
  const alike = Map.groupBy(told, ({ verdict, found }) => `${verdict} ${found}`);
  return [
    title,
    ...(fine.length === 0 ? [] : [line('OK', fine.join(', '))]),
    ...Array.from(alike.values()).flatMap((same) =>
      same.slice(0, 1).flatMap((first) =>
        lines(
          same.map(({ id }) => id),
          first,
        ),
      ),
    ),
  ].join('\n');
}

/** "17 checks: 15 OK, 1 WARN, 1 UNKNOWN". */
export function summary(results: readonly Result[]): string {
  const counts = (['OK', 'WARN', 'FAIL', 'UNKNOWN'] as const).flatMap((verdict) => {
    const count = results.filter((result) => result.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict}`];
  });
  return `${results.length} ${results.length === 1 ? 'check' : 'checks'}: ${counts.join(', ')}`;
}

function lines(ids: readonly string[], { verdict, found, remedy }: Finding): string[] {
  const first = line(verdict, `${ids.join(', ')}: ${found}`);
  return remedy === '' ? [first] : [first, `${indentation}→ ${remedy}`];
}

function line(verdict: Verdict, text: string): string {
  return `  ${verdict.padEnd(verdictWidth)}  ${text}`;
}
