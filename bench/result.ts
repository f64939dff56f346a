/** One benchmark: what it measures and leaves out, its figures for people, and the raw ones. */
export interface Result {
  title: string;
  /** What is measured, against what, and what is left out. */
  about: string;
  /** Rows of cells, the first row is the header. */
  table: string[][];
  raw: unknown;
}
