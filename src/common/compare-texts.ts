/** Orders texts by their UTF-16 units, for sorting: the same everywhere, unlike localeCompare. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
