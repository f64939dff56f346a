import type { Rows, ShownRow } from '../rows.ts';

/** How clients of one kind are told things. */
export interface Form {
  row(row: ShownRow): object;
  /** How the sensors are. */
  status(): unknown;
}

/** At some 2 kB each. */
const mostTexts = 2_000;

/** What clients of one kind are told, as JSON: each row's text is made once for all of them, and kept until it changes. */
export class Texts {
  readonly #rows: Rows;
  readonly #form: Form;
  /** By row, the oldest first. */
  readonly #texts = new Map<string, string>();

  constructor(rows: Rows, form: Form) {
    this.#rows = rows;
    this.#form = form;
  }

  /** The inside of an object; undefined when the row is gone. */
  of(key: string): string | undefined {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    const text = JSON.stringify(this.#form.row(row)).slice(1, -1);
    this.#texts.set(key, text);
    if (this.#texts.size > mostTexts) this.#forgetOldest();
    return text;
  }

  status(): string {
    return JSON.stringify(this.#form.status());
  }

  /** To be called when the row changes. */
  forget(key: string): void {
    this.#texts.delete(key);
  }

  forgetAll(): void {
    this.#texts.clear();
  }

  #forgetOldest(): void {
    for (const key of this.#texts.keys()) {
      this.#texts.delete(key);
      return;
    }
  }
}
