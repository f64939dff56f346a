import assert from 'node:assert/strict';
import { privilegedTest } from '../helpers/privileged.ts';
import { reportRow, ScanStack, scanner4, scanner6, target4, target6 } from '../helpers/scan-stack.ts';

privilegedTest('reset-source with * erases an address at every sensor, and no other', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer();
  await Promise.all([consumer.ready(), producer.ready()]);
  await stack.nmap(target4, '-sS', '-p1-100');
  await stack.nmap(target6, '-sS', '-p1-100');
  for (const source of [scanner4, scanner6]) {
    await consumer.until(
      `${source} is in the report`,
      async () => ((await reportRow(consumer, source))?.changeCount ?? 0) >= 99,
    );
  }

  assert.match(await stack.command('--sensor', '*', 'reset-source', scanner4), /^edge1: applied/m);
  await consumer.until(
    'its row is gone',
    async () => !(await consumer.get('/api/report')).includes(scanner4),
  );
  assert.match(await stack.command('--sensor', '*', 'explain', scanner4), /not in the table/);
  assert.ok(((await reportRow(consumer, scanner6))?.changeCount ?? 0) >= 99, 'another row is gone, too');
});
