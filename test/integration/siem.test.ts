import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { readToEnd } from '../../src/common/kafka/reader.ts';
import { ensureTopics } from '../../src/common/kafka/topics.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { assertEcs, ecsFields } from '../helpers/ecs.ts';
import { eventually } from '../helpers/eventually.ts';
import { sharedKafka } from '../helpers/kafka.ts';
import { blocksOf } from '../helpers/page.ts';
import { persistently } from '../helpers/persistently.ts';
import { portScanEvent } from '../helpers/records.ts';
import { Service } from '../helpers/service.ts';
import {
  clickhouse,
  readerDirectory,
  shell,
  until,
  untilPython,
  withoutClickhouse,
} from '../helpers/siem-reader.ts';
import { topicPrefix } from '../helpers/topic-prefix.ts';
import { kafkaClient, kafkaSettings, recordWriter } from '../helpers/topics.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const rules = join(import.meta.dirname, '../../docs/siem/sigma');
const inside = portScanEvent({ source: '10.0.0.7', vlan: 100 });
const outside = portScanEvent({ source: '203.0.113.9', destination: '2001:db8::1' });

const cleanup = lastFirst({ after });
let inPlace: Record<string, string>;
/** The alerts of the topic, as text, in its order. */
let alerts: string[] = [];

before(async () => {
  const broker = await sharedKafka();
  cleanup.after(() => broker.close());
  const { brokers } = broker;
  const prefix = topicPrefix(cleanup, brokers);
  inPlace = {
    '127.0.0.1:9092': brokers,
    'port-ticker.alerts': `${prefix}.alerts`,
    'port-ticker.events': `${prefix}.events`,
  };
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  await persistently(() => ensureTopics(admin, kafkaSettings(brokers, prefix), ['events', 'alerts']));
  await admin.disconnect();
  const consumer = new Service(cleanup, 'consumer', { KAFKA_BROKERS: brokers, TOPIC_PREFIX: prefix });
  const write = await recordWriter(cleanup, brokers, prefix);
  await write.events(inside, outside);
  await consumer.ready();
  await eventually(
    'both are alerted',
    async () => {
      alerts = [];
      await readToEnd(kafkaClient(brokers), `${prefix}.alerts`, (_, records) => {
        for (const { value } of records) alerts.push(String(value));
      });
      return alerts.length === 2;
    },
    30_000,
  );
  for (const alert of alerts) assertEcs(JSON.parse(alert));
});

/** A page's blocks with this test's topics, broker and directory. */
function page(t: TestContext, name: string, language: string) {
  const directory = readerDirectory(t);
  const paths = { '/var/log/': `${directory.path}/`, '/var/lib/kafka-connect/': `${directory.path}/` };
  return { directory, blocks: blocksOf(`siem/${name}.md`, language, { ...inPlace, ...paths }) };
}

function textOf(...path: string[]): string {
  const file = join(...path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean).toSorted();
}

test('rsyslog with imkafka writes the alerts as they are, and in lines for people', async (t) => {
  const { directory, blocks } = page(t, 'rsyslog', 'rsyslog');
  const { path } = directory;
  writeFileSync(join(path, 'rsyslog.conf'), `global(workDirectory="${path}")\n${blocks.join('\n')}`);
  const command = ['/usr/sbin/rsyslogd', '-n', '-f', 'rsyslog.conf', '-i', join(path, 'pid')];
  await until(t, command, directory, 'both alerts are in the file', () => {
    return linesOf(textOf(path, 'port-ticker.json')).length === 2;
  });
  assert.deepEqual(linesOf(textOf(path, 'port-ticker.json')), alerts.toSorted());
  assert.match(
    textOf(path, 'port-ticker.log'),
    /^\S+Z severity=73 action=port-scan-detected sensor=edge1 source=10\.0\.0\.7 TCP SYN scan from 10\.0\.0\.7: .+$/m,
  );
});

test('kcat prints headers and documents', async (t) => {
  const { directory, blocks } = page(t, 'kafka-tools', 'sh');
  const lines = linesOf(await shell(blocks[0] ?? '', directory));
  assert.equal(lines.length, 2);
  for (const line of lines) assert.match(line, /^id=edge1\/\S+,action=port-scan-detected,\S+ \{"@timestamp"/);
});

test("Kafka's console consumer prints keys, headers and documents", async (t) => {
  const { directory, blocks } = page(t, 'kafka-tools', 'sh');
  const consume = blocks.find((block) => block.startsWith('kafka-console-consumer.sh')) ?? '';
  assert.match(await shell(consume, directory), /^id:edge1\/\S+\t10\.0\.0\.7\t\{"@timestamp"/m);
});

test('Kafka Connect writes the alerts as they are', async (t) => {
  const { directory, blocks } = page(t, 'kafka-tools', 'properties');
  const { path } = directory;
  const [worker = '', sink = ''] = blocks;
  // The file sink is on the class path; without a plug-in path nothing has to be searched for plug-ins.
  const here = worker.replace(/^plugin\.path=.*$/m, 'plugin.discovery=service_load');
  writeFileSync(join(path, 'worker.properties'), here.replace('127.0.0.1:8083', '127.0.0.1:0'));
  writeFileSync(join(path, 'alerts.properties'), sink);
  const command = ['sh', '-c', 'exec connect-standalone.sh worker.properties alerts.properties'];
  const written = () => linesOf(textOf(path, 'port-ticker-alerts.json'));
  await until(t, command, directory, 'both alerts are in the file', () => written().length === 2);
  assert.deepEqual(written(), alerts.toSorted());
});

test('Python with librdkafka and fastavro reads events in single-object encoding', async (t) => {
  const { directory, blocks } = page(t, 'events', 'python');
  symlinkSync(schemas, join(directory.path, 'schemas'));
  let printed = '';
  await untilPython(t, blocks.join('\n'), directory, (stdout) => {
    printed = stdout;
    return linesOf(stdout).length === 2;
  });
  const read = linesOf(printed).map((line) => JSON.parse(line));
  const { vlan, changeCount, kinds } = read.find(({ source }) => source === '10.0.0.7');
  assert.deepEqual({ vlan, changeCount, kinds }, { vlan: 100, changeCount: 21, kinds: ['SYN'] });
});

test('ClickHouse has a row of each alert', { skip: withoutClickhouse }, async (t) => {
  const { directory, blocks } = page(t, 'clickhouse', 'sql');
  writeFileSync(join(directory.path, 'alerts.json'), alerts.join('\n'));
  const [row] = await clickhouse(
    blocks[0] ?? '',
    "INSERT INTO port_ticker_alerts_queue SELECT * FROM file('alerts.json', 'JSONAsString')",
    "SELECT * FROM port_ticker_alerts WHERE source = '10.0.0.7'",
    directory,
  );
  const { document, time: _, ...rest } = row ?? {};
  assert.ok(alerts.includes(String(document)));
  const { id, message } = {
    id: ecsFields(JSON.parse(String(document)))['event.id'],
    message: rest['message'],
  };
  assert.deepEqual(rest, {
    ...{ id, message, action: 'port-scan-detected', severity: 73, rule: 'vertical-syn' },
    ...{ source: '10.0.0.7', destination: '198.51.100.7', destination_port: 22 },
    ...{ sensor: 'edge1', device: 'eth0', vlan: '100', technique: ['T1046'] },
  });
});

test('the rules of Sigma are sound, become queries, and ask for fields that alerts have', async (t) => {
  const { directory, blocks } = page(t, 'sigma', 'sh');
  // Two checks fetch their lists from the internet.
  await shell(`sigma check --fail-on-issues -x attacktag -x d3_fendtag ${rules}`, directory);
  const queries = linesOf(await shell((blocks[0] ?? '').replace('docs/siem/sigma', rules), directory));
  const found = queries.filter((query) => query.includes(':'));
  assert.equal(found.length, 4);
  const names = new Set(alerts.flatMap((alert) => Object.keys(ecsFields(JSON.parse(alert)))));
  for (const [, name = ''] of found.join(' ').matchAll(/([\w.]+):/g)) assert.ok(names.has(name), name);
});

test('what the pages for Splunk, Graylog, Sentinel and Wazuh read of an alert is there', () => {
  const names = new Set(alerts.flatMap((alert) => Object.keys(ecsFields(JSON.parse(alert)))));
  const read = [
    ...namesIn(blocksOf('siem/splunk.md', 'ini').join(''), /= '([\w.@]+)'$/gm),
    ...namesIn(blocksOf('siem/graylog.md', '').join(''), /"\$\.([\w.@]+)"/g),
    ...namesIn(blocksOf('siem/wazuh.md', 'xml').join(''), /<field name="([\w.]+)">/g),
    ...namesIn(blocksOf('siem/sentinel.md', 'logstash').join(''), /^ +"\[(\S+)\]" => /gm),
  ].map((name) => name.replaceAll('][', '.'));
  assert.ok(read.length > 40);
  for (const name of read) assert.ok(names.has(name), name);
});

test("Sentinel's columns are what Logstash sends, and the parser reads no others", () => {
  const sent = namesIn(blocksOf('siem/sentinel.md', 'logstash').join(''), /=> "([A-Z][a-zA-Z]+)"$/gm);
  const columns = namesIn(blocksOf('siem/sentinel.md', 'json').join(''), /"name": "(\w+)", "type"/g);
  assert.deepEqual(columns.toSorted(), sent.toSorted());
  const parser = blocksOf('siem/sentinel.md', 'kusto').join('');
  for (const name of namesIn(parser, / = ([A-Z]\w+),?$/gm)) assert.ok(columns.includes(name), name);
});

function namesIn(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name);
}
