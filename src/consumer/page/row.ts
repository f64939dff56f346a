import type { Severity } from '../alerts/severity.ts';
import { extentAndHints, scanName } from '../alerts/words.ts';
import type { SortName } from '../query.ts';
import type { ShownRow } from '../rows.ts';
import { html, type Markup } from './html.ts';
import { number, time } from './words.ts';

/** The columns of the table: what they are sorted by, and their heads. The original's two come first. */
export const columns: readonly (readonly [SortName, string])[] = [
  ['source', 'Source IP'],
  ['count', 'Change count'],
  ['severity', 'Severity'],
  ['activity', 'What it does'],
  ['sensor', 'Sensor'],
  ['ports', 'Ports'],
  ['first', 'First seen'],
  ['last', 'Last change'],
];

/** A word and a shape for each, beside the colour. */
const severityWords: Readonly<Record<Severity | 0, readonly [shape: string, word: string]>> = {
  0: ['○', 'none'],
  21: ['●', 'low'],
  47: ['▲', 'medium'],
  73: ['◆', 'high'],
  99: ['◆', 'critical'],
};

const copySign = html`<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="M5 3V1.5h7.5V9H11M1.5 5H9v7.5H1.5z"/></svg>`;

/** A row of the table. Roles are named because narrow screens lay it out as a card, which takes them away. */
export function rowMarkup({ key, entry, severity, isKnown, changedAt }: ShownRow): Markup {
  const { source, sensor } = entry;
  return html`<tr role="row" data-key="${key}">
<th role="rowheader" scope="row" class="source"><a href="${storyPath(source)}">${source}</a>
<button type="button" class="copy" hidden data-copy="${ignoreCommand(sensor, source)}" aria-label="Copy the command that ignores ${source}" title="Copy: ${ignoreCommand(sensor, source)}">${copySign}</button></th>
<td role="cell" class="count">${number(entry.changeCount)}</td>
<td role="cell" class="severity">${severityMark(severity)}</td>
<td role="cell" class="what"><b>${scanName(entry)}</b>${isKnown && ' (known scanner)'} – ${extentAndHints(entry)}</td>
<td role="cell" class="sensor">${sensor}</td>
<td role="cell" class="ports">${number(entry.distinctPorts)}</td>
<td role="cell" class="first">${time(entry.episode)}</td>
<td role="cell" class="last">${time(changedAt)}</td>
</tr>`;
}

export function severityMark(severity: Severity | 0): Markup {
  const [shape, word] = severityWords[severity];
  return html`<span class="grade grade-${severity}"><span aria-hidden="true">${shape}</span> ${word}</span>`;
}

/** The page with the story of a source. */
function storyPath(source: string): string {
  return `/source/${encodeURIComponent(source)}`;
}

/** For a shell; a text that would need quotes there is none of an id or an address. */
export function ignoreCommand(sensor: string, source: string): string {
  return `ticker_ctl --sensor ${shellWord(sensor)} -i ${shellWord(source)}`;
}

function shellWord(text: string): string {
  return /^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
