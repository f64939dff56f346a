import { exactPorts, fullTargets } from '../../common/sketch.ts';
import { describeRow, grounds, toolName } from '../alerts/words.ts';
import type { ShownRow } from '../rows.ts';
import type { Point } from './history.ts';
import { type Content, html, type Markup } from './html.ts';
import { steps, tableRows } from './plot.ts';
import { ignoreCommand, severityMark } from './row.ts';
import { number, time } from './words.ts';

export interface Story {
  source: string;
  /** Those of the source, one for each sensor that reports it. */
  rows: readonly ShownRow[];
  /** How a row's count has grown. */
  history: (key: string) => readonly Point[];
  /** The form that ignores the source at a sensor; nothing where changes are not allowed. */
  ignoreForm: (sensor: string) => Markup;
}

/** All that is known of a source. */
export function storyMarkup({ source, rows, history, ignoreForm }: Story): Markup {
  const chapters = rows.map((row) => chapter(row, history(row.key), ignoreForm(row.entry.sensor)));
  return html`<p><a href="/">← All sources</a></p>
<h1>${source}</h1>
${rows.length === 0 ? html`<p class="empty on">Nothing is reported of this source: nothing yet, not any more, or it is below the threshold. Ask the sensors: <code>ticker_ctl --sensor '*' explain ${source}</code></p>` : chapters}`;
}

function chapter(row: ShownRow, points: readonly Point[], ignoreForm: Markup): Markup {
  const { entry, key, isKnown } = row;
  const command = ignoreCommand(entry.sensor, entry.source);
  return html`<section class="story" aria-label="At sensor ${entry.sensor}">
<h2>At sensor ${entry.sensor} ${severityMark(row.severity)}</h2>
<p class="summary">${describeRow(entry, { isKnown })}</p>
<dl>${facts(row).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<h3>Count over time</h3>
${growth(points, key)}
<h3>Ignore it</h3>
<p class="command"><code>${command}</code> <button type="button" class="copy" hidden data-copy="${command}">Copy</button></p>
${ignoreForm}
</section>`;
}

function facts({ entry, changedAt }: ShownRow): [string, Content][] {
  const about = entry.distinctPorts > exactPorts ? 'about ' : '';
  const more = entry.ports.length < entry.distinctPorts ? ' …' : '';
  const judged = entry.closedPorts + entry.openPorts;
  return [
    ['Change count', `${number(entry.changeCount)}, the threshold is ${number(entry.threshold)}`],
    ['Why', grounds(entry) || 'nothing of it is worth a look'],
    ['Ports', `${about}${number(entry.distinctPorts)}: ${entry.ports.join(', ')}${more}`],
    ['Closed ports', judged === 0 ? 'not judged' : `${entry.closedPorts} of ${judged} looked at`],
    ['Targets', entry.targets >= fullTargets ? `${fullTargets} or more` : number(entry.targets)],
    ['Kinds of probe', entry.kinds.join(', ') || 'unknown'],
    ['Looks like', toolName(entry) ?? 'no tool that is known'],
    ['Crossed on', crossing(entry)],
    ['First packet', time(entry.episode)],
    ['Last change', time(entry.lastChange)],
    ['Last word', time(changedAt)],
  ];
}

function crossing({ device, vlan, destination, destinationPort }: ShownRow['entry']): string {
  if (destination === null) return 'not known';
  const vlanText = vlan === null ? '' : `, VLAN ${vlan}`;
  return `${destination}${destinationPort === null ? '' : ` port ${destinationPort}`} by ${device ?? 'an unknown device'}${vlanText}`;
}

function growth(points: readonly Point[], key: string): Markup {
  if (points.length === 0) return html`<p>This consumer has not seen it grow.</p>`;
  return html`${steps(points, `Change count of ${key}`)}
<details><summary>As a table</summary><table><thead><tr><th scope="col">Time</th><th scope="col">Change count</th></tr></thead><tbody>${tableRows(points)}</tbody></table></details>`;
}
