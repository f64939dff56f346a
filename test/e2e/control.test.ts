import assert from 'node:assert/strict';
import type { Cleanup } from '../helpers/cleanup.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import {
  device,
  reportRow,
  ScanStack,
  scanner4,
  scanner6,
  target4,
  target6,
  untilStatus,
} from '../helpers/scan-stack.ts';

const edge1 = ['--sensor', 'edge1'];

/** What ticker_ctl asks for, and what then becomes of packets. */
async function running(t: Cleanup, settings: Record<string, string> = {}) {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer(settings);
  await Promise.all([consumer.ready(), producer.ready()]);
  return { stack, consumer, producer };
}

async function links(stack: ScanStack): Promise<string> {
  return stack.target.exec('ip', ['link', 'show', device]);
}

privilegedTest('-I 1 lets the host answer pings, -I 0 silences it again', async (t) => {
  const { stack } = await running(t);
  const answers = async () => [await stack.answersPing(target4), await stack.answersPing(target6)];
  assert.deepEqual(await answers(), [false, false]);
  assert.equal(await stack.command('-d', device, '-I', '1'), 'edge1: applied set-icmp 1\n');
  assert.deepEqual(await answers(), [true, true]);
  await stack.command('-d', device, '-I', '0');
  assert.deepEqual(await answers(), [false, false]);
});

privilegedTest('-t lowers and raises the threshold, and "own" returns to the own one', async (t) => {
  // Counted as the original counts: else the closed ports have the source reported, whatever the threshold.
  const { stack, consumer } = await running(t, { COUNT_POLICY: 'all' });
  await stack.nmap(target4, '-sS', '-p1-10');
  await stack.command(...edge1, '-t', '5');
  await consumer.until('the ten ports are enough now', async () => {
    const row = await reportRow(consumer, scanner4);
    return row?.changeCount === 9 && row.threshold === 5;
  });
  await stack.command(...edge1, '-t', '4294967295');
  await untilStatus(consumer, 'the largest threshold is in force', (s) => s.threshold === 4_294_967_295);
  await stack.command(...edge1, '-t', 'own');
  await untilStatus(consumer, 'the own threshold is in force', (s) => s.threshold === 20);
});

privilegedTest('-i takes a prefix out of the counting and leaves its packets alone', async (t) => {
  const { stack, consumer } = await running(t, { IGNORE: '2001:db8::/32' });
  await stack.command(...edge1, '-i', '10.77.0.0/24');
  assert.equal(await stack.answersPing(target4), true, 'a packet of an ignored source was dropped');
  await stack.nmap(target4, '-sS', '-p1-100');
  await stack.nmap(target6, '-sS', '-p1-100');
  await consumer.until('the other source is reported', async () => {
    return (await consumer.get('/api/report')).includes('fd77::1');
  });
  assert.equal(await reportRow(consumer, scanner4), undefined);
  const explained = await stack.command(...edge1, 'explain', scanner4);
  assert.match(explained, /ignored[\s\S]*10\.77\.0\.0\/24/);
  await untilStatus(consumer, 'both prefixes are ignored', (s) => s.ignoredPrefixes === 2);

  await stack.command(...edge1, '--unignore', '10.77.0.0/24,2001:db8::/32');
  await untilStatus(consumer, 'none is ignored', (s) => s.ignoredPrefixes === 0);
  assert.equal(await stack.answersPing(target4), false);
  await stack.nmap(target4, '-sS', '-p1-100');
  await consumer.until('the source is reported now', async () => {
    return (await reportRow(consumer, scanner4)) !== undefined;
  });
});

privilegedTest('-r leaves no program on the device, -S puts it there in SKB mode', async (t) => {
  const { stack, consumer } = await running(t);
  assert.match(await links(stack), /xdp /);
  await stack.command('-d', device, '-r');
  assert.doesNotMatch(await links(stack), /xdp/);
  await stack.nmap(target4, '-sS', '-p1-100');
  await stack.command('-d', device, '-S');
  assert.match(await links(stack), /xdpgeneric/);
  await untilStatus(consumer, 'the status says so', (s) => s.devices[0]?.mode === 'skb');
  assert.equal(await reportRow(consumer, scanner4), undefined);
  await stack.nmap(target4, '-sS', '-p1-100');
  await consumer.until('packets are counted again', async () => {
    return (await reportRow(consumer, scanner4))?.changeCount === 99;
  });
});

privilegedTest('a lower idle reset begins new episodes, and the policy is what was set', async (t) => {
  const { stack, consumer } = await running(t);
  await stack.command(...edge1, '--idle-reset', '1', '--count-policy', 'all');
  await untilStatus(consumer, 'both are in force', (s) => s.idleReset === 1 && s.countPolicy === 'all');
  await stack.nmap(target4, '-sS', '-p1-100');
  await consumer.until(
    'the scan is reported',
    async () => (await reportRow(consumer, scanner4)) !== undefined,
  );
  const first = await reportRow(consumer, scanner4);
  await consumer.until('the source is idle', () => Date.now() - (first?.lastChange ?? 0) > 1500);
  await stack.nmap(target4, '-sS', '-p1-30');
  await consumer.until('the later scan is another episode', async () => {
    return ((await reportRow(consumer, scanner4))?.episode ?? 0) > (first?.episode ?? 0) + 1000;
  });
});

privilegedTest('explain says why a source is or is not in the report', async (t) => {
  const { stack } = await running(t);
  assert.match(await stack.command(...edge1, 'explain', scanner4), /not in the table/);
  await stack.nmap(target4, '-sS', '-p1-10');
  assert.match(
    await stack.command(...edge1, 'explain', scanner4),
    /changed 9 times.*not above the threshold 20/,
  );
  await stack.nmap(target4, '-sS', '-p1-50');
  assert.match(await stack.command(...edge1, 'explain', scanner4), /which is above the threshold 20/);
});

privilegedTest(
  'reset-source and clear-report remove rows, and later packets begin new episodes',
  async (t) => {
    const { stack, consumer } = await running(t);
    const scans = async () => {
      await stack.nmap(target4, '-sS', '-p1-100');
      await stack.nmap(target6, '-sS', '-p1-100');
      await consumer.until('both sources are reported', async () => {
        const rows = [await reportRow(consumer, scanner4), await reportRow(consumer, scanner6)];
        return rows.every((row) => (row?.changeCount ?? 0) >= 99);
      });
    };
    await scans();
    const first = await reportRow(consumer, scanner4);
    await stack.command(...edge1, 'reset-source', scanner4);
    await consumer.until('its row is gone', async () => (await reportRow(consumer, scanner4)) === undefined);
    assert.notEqual(await reportRow(consumer, scanner6), undefined, 'another row is gone, too');
    assert.match(await stack.command(...edge1, 'explain', scanner4), /not in the table/);

    await scans();
    const second = await reportRow(consumer, scanner4);
    assert.ok((second?.episode ?? 0) > (first?.episode ?? 0));
    assert.ok((second?.changeCount ?? 0) < 198, 'it counts on from where it was');
    await stack.command(...edge1, 'clear-report');
    await consumer.until('both rows are gone', async () => {
      return !(await consumer.get('/api/report')).includes('changeCount');
    });
    await untilStatus(consumer, 'the table is empty', (s) => s.sources === 0);
    await scans();
  },
);
