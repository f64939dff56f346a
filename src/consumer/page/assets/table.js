import { showCopyButtons } from './copy.js';
import { tellAges } from './times.js';

/** As the server's limit. */
const mostRows = 200;

/**
 * A row as the stream has it: its markup, its group, and the key of the row that it stands before.
 *
 * @typedef {{ key: string, group: number, before: string | null, html: string }} Told
 */

/** The rows of the report. */
export class Table {
  /** @param {readonly Told[]} rows */
  replace(rows) {
    const focused = this.#focused();
    for (const row of this.#rows()) row.remove();
    for (const told of rows) this.#group(told.group)?.append(drawn(told));
    this.#focus(focused);
  }

  /**
   * Returns a source that was not there before.
   *
   * @param {readonly Told[]} rows
   * @param {readonly string[]} gone
   */
  change(rows, gone) {
    /** @type {string | undefined} */
    let added;
    const focused = this.#focused();
    const byKey = new Map(Array.from(this.#rows(), (row) => [row.dataset['key'] ?? '', row]));
    for (const told of rows) {
      const group = this.#group(told.group);
      const next = byKey.get(told.before ?? '');
      const row = drawn(told);
      if (byKey.has(told.key)) byKey.get(told.key)?.remove();
      else added = row.querySelector('a')?.textContent ?? undefined;
      byKey.set(told.key, row);
      group?.insertBefore(row, next?.parentElement === group ? next : null);
    }
    for (const key of gone) byKey.get(key)?.remove();
    for (const row of [...this.#rows()].slice(mostRows)) row.remove();
    this.#focus(focused);
    return added;
  }

  /** @param {{ shown: number, matched: number, total: number }} counts */
  count({ shown, matched, total }) {
    const element = document.getElementById('counts');
    if (element === null) return;
    const few = matched === 1 ? '1 source' : `${number(matched)} sources`;
    const text = shown < matched ? `${number(shown)} of ${few}` : few;
    element.textContent = matched < total ? `${text}, filtered from ${number(total)}` : text;
  }

  /** @returns {NodeListOf<HTMLElement>} */
  #rows() {
    return document.querySelectorAll('#report tr[data-key]');
  }

  /** @param {number} index */
  #group(index) {
    return document.getElementById(`group-${index}`);
  }

  /** The row and the element in it that have the focus: a row that is drawn anew must not lose it. */
  #focused() {
    const element = document.activeElement;
    const row = element?.closest('tr[data-key]');
    if (!(row instanceof HTMLElement) || element === null) return undefined;
    return { key: row.dataset['key'] ?? '', tag: element.tagName };
  }

  /** @param {{ key: string, tag: string } | undefined} focused */
  #focus(focused) {
    if (focused === undefined) return;
    const row = document.querySelector(`#report tr[data-key="${CSS.escape(focused.key)}"]`);
    const element = row?.querySelector(focused.tag);
    if (element instanceof HTMLElement && element !== document.activeElement) element.focus();
  }
}

/**
 * The server has escaped all that is in it.
 *
 * @param {Told} told
 */
function drawn({ html }) {
  const template = document.createElement('template');
  template.innerHTML = html;
  const row = template.content.firstElementChild;
  if (!(row instanceof HTMLElement)) throw new Error('no row');
  tellAges(row);
  showCopyButtons(row);
  return row;
}

/** @param {number} value */
function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
