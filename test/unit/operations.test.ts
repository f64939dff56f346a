import { test } from 'node:test';
import { AvroCodec } from '../../src/common/avro.ts';
import { topics } from '../../src/common/kafka/topics.ts';
import { assertDocumented } from '../helpers/generated-table.ts';
import { countUpdate, portScanEvent, reportEntry } from '../helpers/records.ts';

const page = new URL('../../docs/operations.md', import.meta.url);

test('docs/operations.md says how many bytes a value takes', () => {
  const events = new AvroCodec('port-scan-event');
  const rows = new AvroCodec('report-entry');
  const six = { source: '2001:db8::1234:5678', destination: '2001:db8::9abc:def0' };
  assertDocumented(page, 'sizes', [
    ['value', 'bytes'],
    ['crossing, IPv4', String(events.encode(portScanEvent()).length)],
    ['crossing, IPv6', String(events.encode(portScanEvent(six)).length)],
    ['count update', String(events.encode(countUpdate()).length)],
    ['row of the report', String(rows.encode(reportEntry()).length)],
  ]);
});

test('docs/operations.md says how every topic is made', () => {
  const rows = Object.entries(topics).map(([name, { cleanup, timestamps, partitions }]) => [
    `\`${name}\``,
    `\`${cleanup}\``,
    `\`${timestamps}\``,
    partitions === null ? 'as configured' : String(partitions),
  ]);
  const heading = ['topic', '`cleanup.policy`', '`message.timestamp.type`', 'partitions'];
  assertDocumented(page, 'topics', [heading, ...rows]);
});
