export interface Metric {
  /** With the ending of its unit; of a counter, "_total". */
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  /** None: nothing has happened yet of what the labels tell apart. */
  samples: readonly Sample[];
}

interface Sample {
  value: number;
  /** Values are names of this project's own: nothing to escape. */
  labels?: Readonly<Record<string, string>>;
}

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics in Prometheus' text format. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics.map(lines).join('');
}

function lines({ name, type, help, samples }: Metric): string {
  const values = samples.map(({ value, labels = {} }) => `${name}${labelled(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...values, ''].join('\n');
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
