import { collectDefaultMetrics, Registry } from '@prometheus-io/client';

/** Of the library's own metrics those that cost nothing but when they are read. */
const wanted: ReadonlySet<string> = new Set([
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_gc_duration_seconds',
  'nodejs_version_info',
]);

/**
 * The library samples the event loop all the time, by timers that would wake an idle process a hundred times a second.
 * With the longest pause that a timer can have, 24 days, they do not; ms.
 */
const never = 2 ** 31 - 1;

/** What there is to know of any process: processor, memory, files, garbage collection. */
export function addProcessMetrics(registry: Registry): void {
  const all = new Registry();
  collectDefaultMetrics({
    register: all,
    eventLoopMonitoringPrecision: never,
    eventLoopUtilizationTimeout: never,
  });
  for (const name of wanted) {
    const metric = all.getSingleMetric<string>(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
}
