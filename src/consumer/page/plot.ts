import { largest } from '../../common/extremes.ts';
import type { Point } from './history.ts';
import { html, type Markup } from './html.ts';
import { clock, counted, number, time } from './words.ts';

/** In units of the drawing, which is stretched to the width that there is. */
const width = 600;
const height = 80;

/** Sources in each minute, as bars. Precondition: there are some minutes. */
export function bars(minutes: readonly Point[]): Markup {
  const most = largest(minutes.map(({ count }) => count));
  const step = width / minutes.length;
  const drawn = minutes.flatMap(({ count }, index) => {
    if (count === 0) return [];
    const size = scaled(count, most);
    return html`<rect x="${round(index * step + 0.5)}" y="${round(height - size)}" width="${round(step - 1)}" height="${round(size)}"/>`;
  });
  const label = `Sources that changed in each minute of the last hour: at most ${number(most)}`;
  return figure(label, minutes, drawn);
}

/** Counts over time, as a line of steps. Precondition: there is a point. */
export function steps(points: readonly Point[], what: string): Markup {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return html``;
  const most = largest(points.map(({ count }) => count));
  const span = Math.max(1, last.at - first.at);
  const path = points.map(({ at, count }, index) => {
    const x = round((width * (at - first.at)) / span);
    const y = round(height - scaled(count, most));
    return index === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  });
  const line = html`<path d="${path.join('')}H${width}" vector-effect="non-scaling-stroke"/>`;
  return figure(`${what}: ${counted(points.length, 'point')}, at most ${number(most)}`, points, line);
}

/** The same for those who cannot see it; what is zero is left out. */
export function tableRows(points: readonly Point[]): Markup[] {
  return points
    .filter(({ count }) => count > 0)
    .toReversed()
    .map(({ at, count }) => html`<tr><th scope="row">${time(at)}</th><td>${number(count)}</td></tr>`);
}

function figure(label: string, points: readonly Point[], drawn: Markup | readonly Markup[]): Markup {
  const most = largest(points.map(({ count }) => count));
  return html`<div class="plot"><span class="scale">${number(most)}</span>
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}">${drawn}</svg>
<p class="axis"><span>${clock(points[0]?.at ?? 0)}</span><span>${clock(points.at(-1)?.at ?? 0)} UTC</span></p></div>`;
}

/** A twentieth is left free above. */
function scaled(count: number, most: number): number {
  return (0.95 * height * count) / Math.max(1, most);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
