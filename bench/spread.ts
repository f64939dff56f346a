/** Minimum, median and maximum of some figures; the median of an even number is the lower of the two. */
export function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}

/** What `costs` are over `baseline`, run in turns with them, for people: minimum, **median** and maximum, in ns. */
export function difference(costs: readonly number[], baseline: readonly number[]): string {
  const { min, median, max } = spread(costs.map((value, round) => value - (baseline[round] ?? Number.NaN)));
  return `${signed(min)} / **${signed(median)}** / ${signed(max)} ns`;
}

/** `values` as shares of `baseline`, run in turns with them, for people: minimum, **median** and maximum. */
export function ratio(values: readonly number[], baseline: readonly number[]): string {
  const { min, median, max } = spread(values.map((value, round) => value / (baseline[round] ?? Number.NaN)));
  return `${min.toFixed(2)} / **${median.toFixed(2)}** / ${max.toFixed(2)}`;
}

function signed(value: number): string {
  return value < 0 ? `−${-value}` : `+${value}`;
}
