import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import dashboard from '../../deploy/grafana/dashboards/port-ticker.json' with { type: 'json' };
import { promtool } from '../helpers/exposition.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { Prometheus } from '../helpers/prometheus.ts';
import { device, ScanStack, target4 } from '../helpers/scan-stack.ts';

const rules = fileURLToPath(new URL('../../deploy/prometheus/port-ticker.rules.yml', import.meta.url));
const ruleTests = fileURLToPath(new URL('../fixtures/alert-rules.yml', import.meta.url));

/** Two scrapes and more. */
const interval = '10s';

test('promtool is content with the alert rules, and they alert when they should', async () => {
  assert.equal(await promtool(['check', 'rules', rules]), '');
  assert.equal(await promtool(['test', 'rules', ruleTests]), '');
});

privilegedTest('a real Prometheus has data for each panel and each rule, of the real programs', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  await consumer.ready();
  const producer = stack.producer();
  await producer.ready();
  const prometheus = await Prometheus.start(
    t,
    { 'port-ticker-producer': producer.url, 'port-ticker-consumer': consumer.url },
    rules,
  );
  await stack.nmap(target4, '-sS', '-p1-500');
  await stack.command('-d', device, '-t', '30');
  const known = async (query: string) => (await prometheus.query(query)).length > 0;
  await consumer.until('the alert is counted', () =>
    known('sum(port_ticker_alerts_total) > 0 and sum(port_ticker_commands_total{result="accepted"}) > 0'),
  );

  for (const { panel, expr } of expressions()) {
    await consumer.until(`there are data for "${panel}": ${expr}`, () => known(expr), 5_000);
  }
  for (const { metric, value } of await prometheus.query('scrape_duration_seconds')) {
    t.diagnostic(`${metric['job']} answers in ${Math.round(Number(value[1]) * 1000)} ms`);
  }
  for (const histogram of ['delivery_delay', 'event_delay', 'kafka_send_duration', 'sweep_duration']) {
    const name = `port_ticker_${histogram}_seconds`;
    assert.ok(await known(`${name}_count > 0 and ${name}_sum > 0`), `${name} has seen something`);
  }
  for (const { name, query, health, lastError } of await prometheus.rules()) {
    assert.equal(health, 'ok', `${name}: ${lastError}`);
    for (const metric of new Set(query.match(/\bport_ticker_\w+|\bup\b/g))) {
      assert.ok(await known(metric), `${name} looks at ${metric}, which is not there`);
    }
  }
  const firing = await prometheus.query('ALERTS{alertstate="firing"}');
  assert.deepEqual(
    firing.map(({ metric }) => metric['alertname']),
    ['PortTickerWatchdog'],
  );
});

/** What the dashboard asks, with its variables filled in as Grafana does. */
function expressions(): { panel: string; expr: string }[] {
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expr: expr.replaceAll('$__rate_interval', interval).replaceAll(/\$(job|instance)/g, '.*'),
    })),
  );
}
