import { severities } from '../alerts/severity.ts';
import { ageOf, type Query, queryText, sortText } from '../query.ts';
import type { Selection, ShownRow } from '../rows.ts';
import { streamDefaults } from '../stream/route.ts';
import type { Point } from './history.ts';
import { html, type Markup } from './html.ts';
import { bars, tableRows } from './plot.ts';
import { columns, rowMarkup } from './row.ts';
import { emptyReason, type Watch } from './watch.ts';
import { watchingMarkup } from './watching.ts';
import { counted, number } from './words.ts';

export interface Front {
  watch: Watch;
  query: Query;
  selection: Selection;
  minutes: readonly Point[];
  /** The forms that change something; nothing where changes are not allowed. */
  changes: Markup;
  /** ms since 1970. */
  now: number;
}

/** The first page: is it watching, who scans now, in the last hour, earlier. */
export function frontMarkup({ watch, query, selection, minutes, changes, now }: Front): Markup {
  return html`<h1 class="unseen">Port scans</h1>
<section aria-labelledby="watching-title"><h2 id="watching-title">Is it watching?</h2><div id="watching">${watchingMarkup(watch, now)}</div></section>
<section aria-labelledby="report-title"><h2 id="report-title">Sources</h2>
${filterForm(query)}
<div class="above"><p id="counts">${countsText(selection)}</p><p class="export">${exportLinks(query)}</p></div>
${reportTable(query, selection.rows, now)}
<p id="empty" class="empty">${emptyReason(watch)}</p>
<p id="unmatched" class="empty">No source matches the filter.</p>
</section>
<section aria-labelledby="activity-title"><h2 id="activity-title">Sources over time</h2>
<div id="plot">${bars(minutes)}</div>
<details><summary>As a table</summary><table><thead><tr><th scope="col">Minute</th><th scope="col">Sources</th></tr></thead><tbody id="plot-rows">${tableRows(minutes)}</tbody></table></details></section>
${changes}`;
}

/** "200 of 4 312 sources", and of how many when a filter leaves some out. */
function countsText({ rows, matched, total }: Selection): string {
  const shown =
    rows.length < matched
      ? `${number(rows.length)} of ${number(matched)} sources`
      : counted(matched, 'source');
  return matched < total ? `${shown}, filtered from ${number(total)}` : shown;
}

function filterForm(query: Query): Markup {
  const isFiltered = query.text !== '' || query.severity > 0;
  const grades = [
    [0, 'all'],
    [severities[0], 'low or more'],
    [severities[1], 'medium or more'],
    [severities[2], 'high'],
  ] as const;
  const options = grades.map(
    ([value, word]) =>
      html`<option value="${value}"${value === query.severity && html` selected`}>${word}</option>`,
  );
  return html`<form id="filter" method="get" action="/" role="search" data-filtered="${isFiltered ? 'yes' : 'no'}">
<label>Source or sensor <input type="search" name="q" value="${query.text}" maxlength="100" autocomplete="off" spellcheck="false"></label>
<label>Severity <select name="severity">${options}</select></label>
<input type="hidden" name="sort" value="${sortText(query)}">
<button>Filter</button>
${(isFiltered || query.sort !== streamDefaults.sort) && html`<a href="/">Reset</a>`}
</form>`;
}

function exportLinks(query: Query): Markup {
  const parameters = queryText(query, { ...streamDefaults, sort: 'count' });
  return html`Export <a href="/api/report.csv${parameters}" download="port-ticker.csv">CSV</a> <a href="/api/report${parameters}" download="port-ticker.json">JSON</a>`;
}

function reportTable(query: Query, rows: readonly ShownRow[], now: number): Markup {
  return html`<table id="report" role="table" aria-labelledby="report-title" aria-describedby="counts">
<thead role="rowgroup"><tr role="row">${columns.map(([sort, title]) => head(query, sort, title))}</tr></thead>
${query.sort === 'activity' ? groups(rows, now) : html`<tbody role="rowgroup" id="group-0">${rows.map(rowMarkup)}</tbody>`}
</table>`;
}

function groups(rows: readonly ShownRow[], now: number): Markup[] {
  const byAge = Map.groupBy(rows, ({ changedAt }) => ageOf(changedAt, now));
  return (['Scanning now', 'Last hour', 'Earlier'] as const).map((title, index) => {
    const age = index === 0 ? 0 : index === 1 ? 1 : 2;
    return html`<tbody role="rowgroup" id="group-${age}"><tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="${columns.length}">${title}</th></tr>${(byAge.get(age) ?? []).map(rowMarkup)}</tbody>`;
  });
}

/** A button that sorts: a click on the column that it is sorted by already turns the order. */
function head(query: Query, sort: Query['sort'], title: string): Markup {
  const isCurrent = sort === query.sort;
  const isText = sort === 'source' || sort === 'sensor';
  const isDescending = isCurrent && sort !== 'activity' ? !query.isDescending : !isText;
  const direction = query.isDescending ? 'descending' : 'ascending';
  const arrow = query.isDescending ? '▾' : '▴';
  const label = sort === 'activity' ? `${title}: who scans now first` : title;
  return html`<th role="columnheader" scope="col" class="${sort}" aria-sort="${isCurrent ? direction : 'none'}"><button id="sort-${sort}" form="filter" name="sort" value="${sortText({ sort, isDescending })}" title="Sort by: ${label}">${title}<span aria-hidden="true">${isCurrent && ` ${arrow}`}</span></button></th>`;
}
