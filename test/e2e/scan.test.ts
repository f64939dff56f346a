import assert from 'node:assert/strict';
import { privilegedTest } from '../helpers/privileged.ts';
import {
  portChanges,
  reportRow,
  ScanStack,
  scanner4,
  scanner6,
  target4,
  target6,
} from '../helpers/scan-stack.ts';

for (const [scan, source, target, args] of [
  ['a SYN scan of 1 000 ports over IPv4', scanner4, target4, ['-sS', '-p1-1000']],
  ['a SYN scan of 1 000 ports over IPv6', scanner6, target6, ['-sS', '-p1-1000']],
  ['a UDP scan of 50 ports over IPv4', scanner4, target4, ['-sU', '-p1-50', '--max-rate', '50']],
  ['a UDP scan of 50 ports over IPv6', scanner6, target6, ['-sU', '-p1-50', '--max-rate', '50']],
] as const) {
  privilegedTest(`${scan} becomes one row whose count is what the packets say`, async (t) => {
    const stack = await ScanStack.create(t);
    const consumer = stack.consumer();
    const producer = stack.producer();
    await Promise.all([consumer.ready(), producer.ready()]);

    const capture = await stack.capture();
    await stack.nmap(target, ...args);
    const expected = portChanges(await capture.frames(), source);
    t.diagnostic(`${expected} changes in the capture`);
    assert.ok(expected >= 49, 'the scan did not reach the target');

    await consumer.until(
      `the row has ${expected} changes`,
      async () => (await reportRow(consumer, source))?.changeCount === expected,
    );
    const row = await reportRow(consumer, source);
    assert.equal(row?.sensor, 'edge1');
    const report: { entries: unknown[] } = JSON.parse(await consumer.get('/api/report'));
    assert.equal(report.entries.length, 1);
    assert.match(await consumer.get('/api/report.txt'), new RegExp(`^${source} +\\| +${expected}$`, 'm'));
    assert.equal(await producer.stop(), 0);
    assert.equal(await consumer.stop(), 0);
  });
}

privilegedTest('a source on the ignore list never appears', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer({ IGNORE: `${scanner4},2001:db8::/32` });
  await Promise.all([consumer.ready(), producer.ready()]);
  await stack.nmap(target4, '-sS', '-p1-200');
  await stack.nmap(target6, '-sS', '-p1-200');
  await consumer.until('the other source is there', async () => {
    return ((await reportRow(consumer, scanner6))?.changeCount ?? 0) >= 199;
  });
  assert.equal(await reportRow(consumer, scanner4), undefined);
});
