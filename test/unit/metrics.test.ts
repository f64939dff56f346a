import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '@prometheus-io/client';
import { Distribution } from '../../src/common/distribution.ts';
import { SendTally } from '../../src/common/kafka/send-tally.ts';
import { addProcessMetrics } from '../../src/common/process-metrics.ts';
import { AlertTally } from '../../src/consumer/alerts/tally.ts';
import { consumerMetrics } from '../../src/consumer/metrics.ts';
import { producerMetrics } from '../../src/producer/metrics.ts';
import { enumerators } from '../../src/producer/native.ts';
import { exposition, promtool, seriesValue } from '../helpers/exposition.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { startProgram } from '../helpers/program.ts';
import { kafkaSettings } from '../helpers/topics.ts';

const settings = kafkaSettings('127.0.0.1:1', 'any');
const health = { stalled: () => [], waitingFor: () => ['Kafka'] };

/** Each statistic of the kernel has a number of its own, so that it can be found again. */
const statistics = Object.fromEntries(
  Object.keys(enumerators('statistic'))
    .filter((name) => name !== 'STAT_COUNT')
    .map((name, index) => [name.replace('STAT_', '').toLowerCase(), 100_000 - index ** 3]),
);

function producerSource() {
  return {
    health,
    usage: {
      ...{ sources: 7, maxSources: 65_536, ringUsed: 136, ringSize: 4_096, sequence: 9, statistics },
      drops: (statistics['crossings_lost'] ?? 0) + 3,
    },
    control: {
      devices: [
        { device: 'eth0', wanted: 'auto', mode: 'skb', programId: 5, problem: null },
        { device: 'eth1', wanted: 'auto', mode: null, programId: null, problem: 'waiting for the device' },
      ],
    },
    pipeline: { delays: new Distribution([1]), sweeps: new Distribution([1]) },
    publishers: {
      events: { clients: 2, refused: new Map([['any.events', 3]]) },
      answers: { clients: 1, refused: new Map() },
    },
    sends: new SendTally(settings, ['events', 'control-results', 'sensors']),
  };
}

function consumerSource() {
  return {
    health,
    subscriber: {
      consumed: new Map([['THRESHOLD' as const, 4]]),
      delays: new Distribution([1]),
      group: { lags: new Map([[5, 17]]), failures: 1 },
    },
    sequences: { missing: 2, duplicates: 3 },
    decoders: { events: { failures: 1 }, report: { failures: 0 } },
    deadLetters: { counts: { kept: 1, lost: 0 } },
    report: { size: 12 },
    control: {
      tally: { counts: { accepted: 5, rejected: 1, expired: 0, duplicate: 0, unreadable: 0 } },
      guard: { problems: 1 },
      group: { lags: new Map([[0, 0]]), failures: 0 },
      sensors: { failures: 0, views: () => [] },
    },
    alerts: new AlertTally(),
    sends: new SendTally(settings, ['report', 'alerts', 'dead-letter']),
    page: { streams: 1 },
  };
}

const texts = {
  producer: () => exposition(producerMetrics, producerSource()),
  consumer: () => exposition(consumerMetrics, consumerSource()),
};

for (const [program, text] of Object.entries(texts)) {
  test(`promtool is content with the metrics of the ${program}`, async () => {
    assert.equal(await promtool(['check', 'metrics'], await text()), '');
  });
}

test('every statistic of the kernel is in a metric, and in one only', async () => {
  const text = await texts.producer();
  const values = Array.from(text.matchAll(/^port_ticker_\S+ (\d+)$/gm), ([, value]) => Number(value));
  for (const [name, value] of Object.entries(statistics)) {
    const wanted = name === 'sources_evicted' ? value - (statistics['crossings_lost'] ?? 0) : value;
    const times = name === 'crossings_lost' ? 2 : 1; // as an eviction, and as a drop
    assert.equal(values.filter((each) => each === wanted).length, times, name);
  }
});

test('drops, devices, topics and readiness are told apart by their labels', async () => {
  const text = await texts.producer();
  const expected: Record<string, number> = {
    'port_ticker_events_dropped_total{cause="refused"}': 3,
    'port_ticker_xdp_attached{device="eth0",mode="skb"}': 1,
    'port_ticker_xdp_attached{device="eth1",mode="none"}': 0,
    'port_ticker_kafka_records_refused_total{topic="events"}': 3,
    'port_ticker_kafka_records_refused_total{topic="sensors"}': 0,
    'port_ticker_kafka_clients_total{use="events"}': 2,
    port_ticker_ready: 0,
    port_ticker_stalled_parts: 0,
    port_ticker_last_ack_timestamp_seconds: 0,
  };
  for (const [series, value] of Object.entries(expected))
    assert.equal(seriesValue(text, series), value, series);
});

test('a consumer tells its lag, its sensors and its commands, those at 0 too', async () => {
  const text = await texts.consumer();
  const expected: Record<string, number> = {
    'port_ticker_consumer_lag_records{topic="events",partition="5"}': 17,
    'port_ticker_sensors{state="unknown"}': 0,
    'port_ticker_commands_total{result="rejected"}': 1,
    'port_ticker_commands_total{result="expired"}': 0,
    'port_ticker_events_consumed_total{kind="threshold"}': 4,
    port_ticker_events_missing_total: 2,
    port_ticker_events_duplicate_total: 3,
    'port_ticker_alerts_total{action="port-scan-detected",severity="99"}': 0,
    'port_ticker_kafka_send_failures_total{topic="report"}': 0,
  };
  for (const [series, value] of Object.entries(expected))
    assert.equal(seriesValue(text, series), value, series);
});

test('a histogram has every value in its bucket and in those above it', async () => {
  const values = new Distribution([0.1, 1]);
  for (const value of [0, 0.1, 0.11, 5, 7]) values.observe(value);
  const metric = { name: 'x_seconds', type: 'histogram', help: 'x', read: () => values } as const;
  const text = await exposition([metric], null);
  const lines = text.split('\n').filter((line) => line.startsWith('x_seconds'));
  assert.deepEqual(lines, [
    'x_seconds_bucket{le="0.1"} 2',
    'x_seconds_bucket{le="1"} 3',
    'x_seconds_bucket{le="+Inf"} 5',
    'x_seconds_sum 12.21',
    'x_seconds_count 5',
  ]);
});

test('sends are counted by topic: requests, records, failures, the last acknowledgement', () => {
  const sends = new SendTally(settings, ['events', 'sensors']);
  const parts = [{ topic: 'any.events', messages: [1, 2, 3] }];
  sends.acknowledged(parts, performance.now() - 20);
  sends.failed(parts);
  sends.failed([{ topic: 'somebody.else' }]);
  const [events, sensors] = [...sends.counts()];
  assert.deepEqual([events?.name, events?.successes, events?.failures, events?.records], ['events', 1, 1, 3]);
  assert.ok(Math.abs(Date.now() - (events?.acknowledgedAt ?? 0)) < 5_000);
  assert.deepEqual([sensors?.successes, sensors?.failures, sensors?.acknowledgedAt], [0, 0, 0]);
  assert.equal(sends.durations.sum >= 0.02, true);
});

test('measuring the process wakes it up at most once a second', async (t) => {
  const child = startProgram(t, 'test/helpers/metrics-child.ts');
  const [, wakes] = await child.says(/woken (\d+) times/, 30_000);
  t.diagnostic(`${wakes} times in three seconds`);
  assert.ok(Number(wakes) <= 3, `${wakes} times in three seconds`);
});

test('the page of metrics has them all', async () => {
  const registry = new Registry();
  addProcessMetrics(registry);
  const process = (await registry.getMetricsAsJSON()).map(({ name, type, help }) => ({
    ...{ name, type, help },
    labels:
      name === 'nodejs_gc_duration_seconds'
        ? ['kind']
        : name === 'nodejs_version_info'
          ? ['version', 'major', 'minor', 'patch']
          : [],
  }));
  const page = new URL('../../docs/metrics.md', import.meta.url);
  assertDocumented(page, 'metrics of the sensor', table(producerMetrics));
  assertDocumented(page, 'metrics of the consumer', table(consumerMetrics));
  assertDocumented(page, 'metrics of any process', table(process));
});

function table(metrics: readonly { name: string; type: string; help: string; labels?: readonly string[] }[]) {
  const rows = metrics.map(({ name, type, help, labels = [] }) => [
    `\`${name}\``,
    type,
    labels.join(', '),
    help,
  ]);
  return [['metric', 'type', 'labels', 'tells'], ...rows];
}
