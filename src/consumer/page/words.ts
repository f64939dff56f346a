import { isoTime } from '../../common/iso-time.ts';
import { html, type Markup } from './html.ts';

/** 4312 as "4 312", with spaces that do not break. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** "1 source", "2 sources". */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A time that the script tells as an age; without it, UTC. ms since 1970. */
export function time(ms: number): Markup {
  const iso = isoTime(ms);
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}

/** "12:05", UTC; ms since 1970. */
export function clock(ms: number): string {
  return isoTime(ms).slice(11, 16);
}
