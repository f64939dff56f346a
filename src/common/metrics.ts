import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { FastifyInstance } from 'fastify';
import type { Distribution } from './distribution.ts';
import { addProcessMetrics } from './process-metrics.ts';

/** A metric of a process, and where its value is read. `S`: all that the metrics of the process are read from. */
export interface Metric<S> {
  /** With the unit at its end, of a counter followed by "_total". */
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels?: readonly string[];
  read: (source: S) => Reading;
}

/**
 * Without labels a number, or of a histogram a Distribution. With labels the series that there are: the labels' values in
 * their order, then the number. Those that are known beforehand are always there, so that the first of a kind is a rise.
 */
export type Reading = number | Distribution | Iterable<readonly [...string[], number]>;

/** /metrics in Prometheus' text format. `read` is called once for each answer. */
export function addMetrics<S>(server: FastifyInstance, metrics: readonly Metric<S>[], read: () => S): void {
  const registry = new Registry();
  const updates = metrics.map((metric) => register(metric, registry));
  addProcessMetrics(registry);
  server.get('/metrics', async (_, reply) => {
    const source = read();
    for (const update of updates) update(source);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** Returns what brings the metric up to date. */
function register<S>(metric: Metric<S>, registry: Registry): (source: S) => void {
  const { name, help, type, labels: labelNames = [], read } = metric;
  const config = { name, help, labelNames, registers: [registry] };
  if (type === 'histogram') {
    const histogram = new ReadHistogram(config);
    return (source) => {
      histogram.distribution = distributionOf(read(source), name);
    };
  }
  const { set, reset } = type === 'counter' ? counter(config) : gauge(config);
  return (source) => {
    reset();
    for (const { labels, value } of samples(read(source), labelNames)) set(labels, value);
  };
}

interface Config {
  name: string;
  help: string;
  labelNames: readonly string[];
  registers: Registry[];
}

/** A counter begins anew with each reading, and is raised to what it stands at. */
function counter(config: Config) {
  const metric = new Counter<string>(config);
  return {
    set: (labels: Labels, value: number) => metric.inc(labels, value),
    reset: () => metric.reset(),
  };
}

function gauge(config: Config) {
  const metric = new Gauge<string>(config);
  return {
    set: (labels: Labels, value: number) => metric.set(labels, value),
    reset: () => metric.reset(),
  };
}

type Labels = Record<string, string>;

function samples(reading: Reading, names: readonly string[]): { labels: Labels; value: number }[] {
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  if (!(Symbol.iterator in reading)) throw new TypeError('only a histogram has a distribution');
  return Array.from(reading, (series) => {
    const labels = Object.fromEntries(names.map((name, index) => [name, String(series[index])]));
    return { labels, value: Number(series.at(-1)) };
  });
}

function distributionOf(reading: Reading, name: string): Distribution {
  if (typeof reading === 'number' || Symbol.iterator in reading)
    throw new TypeError(`${name} has no distribution`);
  return reading;
}

/** A histogram of the library with the counts of a distribution instead of its own. */
class ReadHistogram extends Histogram<string> {
  distribution: Distribution | undefined;
  readonly #config: Config;

  constructor(config: Config) {
    super(config);
    this.#config = config;
  }

  /** What the registry writes down. */
  async getForPromString() {
    const { name, help } = this.#config;
    const buckets = Array.from(this.distribution?.cumulative() ?? [], ([bound, value]) => ({
      metricName: `${name}_bucket`,
      labels: { le: bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound) },
      value,
    }));
    const totals = [
      { metricName: `${name}_sum`, labels: {}, value: this.distribution?.sum ?? 0 },
      { metricName: `${name}_count`, labels: {}, value: buckets.at(-1)?.value ?? 0 },
    ];
    return { name, help, type: 'histogram', values: [...buckets, ...totals] };
  }
}
