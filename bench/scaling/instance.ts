import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { memoryOf } from '../../test/helpers/memory.ts';
import { Service } from '../../test/helpers/service.ts';
import { processorTime } from './processor-time.ts';

/** One consumer, the real program as a process, and what it says of itself. */
export class Instance {
  readonly service: Service;

  constructor(t: Cleanup, settings: Readonly<Record<string, string>>) {
    this.service = new Service(t, 'consumer', settings);
  }

  /** ms so far. */
  get processorTime(): number {
    return processorTime(this.service.program.pid);
  }

  /** The most memory that it has ever had, MB. */
  get peakMemory(): number {
    return memoryOf(this.service.program.pid).peak;
  }

  /** Throws when it does not answer. */
  async state(): Promise<State> {
    const text = await this.service.get('/metrics');
    if (text === '') throw new Error('a consumer does not answer');
    return {
      partitions: partitionsIn(text, 'events'),
      isFolding: partitionsIn(text, 'control').length > 0,
      lag: sumOf(text, 'port_ticker_consumer_lag_records{topic="events"'),
      consumed: sumOf(text, 'port_ticker_events_consumed_total'),
      missing: sumOf(text, 'port_ticker_events_missing_total'),
      rows: sumOf(text, 'port_ticker_report_entries'),
      alerts: sumOf(text, 'port_ticker_alerts_total'),
    };
  }
}

/** As of one moment. Counters are of the process, not of the group. */
export interface State {
  /** Of events that are this instance's. */
  partitions: number[];
  /** True for the one that has the control partition: it audits and alerts, too. */
  isFolding: boolean;
  lag: number;
  consumed: number;
  missing: number;
  rows: number;
  alerts: number;
}

function partitionsIn(text: string, topic: string): number[] {
  const series = new RegExp(`^port_ticker_consumer_lag_records{topic="${topic}",partition="(\\d+)"}`, 'gm');
  return Array.from(text.matchAll(series), ([, partition]) => Number(partition));
}

/** Of all series whose line begins so. */
function sumOf(text: string, series: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(series));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
