import { hostname } from 'node:os';
import { AvroCodec } from '../common/avro.ts';
import { describe, TickerError } from '../common/errors.ts';
import type { ReportEntry } from '../common/event.ts';
import { createKafka } from '../common/kafka/client.ts';
import type { TopicRecord } from '../common/kafka/cluster.ts';
import { kafkaProblem } from '../common/kafka/problem.ts';
import { readToEnd } from '../common/kafka/reader.ts';
import { topicName } from '../common/kafka/topics.ts';
import { createLogger } from '../common/logger.ts';
import { SchemaRegistry } from '../common/registry.ts';
import { byCount, isAboveThreshold, reportTable } from '../common/table.ts';
import type { Options } from './options.ts';
import { type CtlSettings, loadCtlSettings } from './settings.ts';

/** Prints the report of one sensor, or of all, as the report topic says it now. */
export async function list(options: Options): Promise<void> {
  const settings = loadCtlSettings(options);
  const sensor = options.sensor ?? settings.sensor.id ?? hostname();
  const report = await withinTime(settings, readReport(settings));
  const entries = [...report.values()].filter((entry) => sensor === '*' || entry.sensor === sensor);

  if (entries.length === 0 && report.size > 0) {
    const sensors = new Set(Array.from(report.values(), (entry) => entry.sensor));
    process.stderr.write(
      `nothing from ${sensor}; the report has ${[...sensors].sort().join(', ')}: use --sensor\n`,
    );
  }
  process.stdout.write(options.json === true ? json(entries) : reportTable(entries));
}

async function readReport(settings: CtlSettings): Promise<Map<string, ReportEntry>> {
  const kafka = createKafka(
    settings,
    createLogger({ level: settings.log.level, name: 'ticker_ctl', fd: 2 }),
    'ticker_ctl',
    {
      retries: 2,
    },
  );
  const codec = new AvroCodec<ReportEntry>('report-entry', SchemaRegistry.from(settings));
  const report = new Map<string, ReportEntry>();
  const problems: unknown[] = [];
  const take = async ({ key, value }: TopicRecord) => {
    if (key === null) return;
    if (value === null) report.delete(key.toString());
    else report.set(key.toString(), await codec.decode(value));
  };
  try {
    await readToEnd(kafka, topicName(settings, 'report'), async (_, records) => {
      for (const record of records) await take(record).catch((error: unknown) => problems.push(error));
    });
  } catch (error) {
    throw kafkaProblem(error, settings.kafka.brokers);
  }
  if (problems.length > 0) {
    process.stderr.write(
      `${problems.length} records could not be read, the first: ${describe(problems[0])}\n`,
    );
  }
  return report;
}

function json(entries: readonly ReportEntry[]): string {
  return `${JSON.stringify({ version: 1, entries: byCount(entries.filter(isAboveThreshold)) })}\n`;
}

async function withinTime<T>({ kafka, timeout }: CtlSettings, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new TickerError(`no answer from Kafka at ${kafka.brokers.join(', ')} in ${timeout} s`, {
        code: 'TIMEOUT',
        remedy: 'check that it runs, PORT_TICKER_KAFKA_BROKERS, or give --timeout more seconds',
      }),
    );
  }, timeout * 1000);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
