import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createHttpServer, listen } from '../../src/common/http.ts';
import { reportTable } from '../../src/common/table.ts';
import { addReportRoutes } from '../../src/consumer/api.ts';
import { csvHead } from '../../src/consumer/csv.ts';
import { eventually } from '../helpers/eventually.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

const settings = { host: '127.0.0.1', port: 0, allowedHosts: [], tokenFile: null };

function served(t: TestContext, count: number) {
  const scene = new ReportOfTest();
  scene.putMany(count);
  const server = createHttpServer(settings, { stalled: () => [], waitingFor: () => [] });
  t.after(() => server.close());
  addReportRoutes(server, scene.rows);
  return { scene, server };
}

test('the report is written whole, in order, in each of its forms', async (t) => {
  const { scene, server } = served(t, 1_000);
  const answer = await server.inject('/api/report?sort=count');
  const { entries, ...counts } = answer.json();
  assert.deepEqual(
    entries.map(({ changeCount }: { changeCount: number }) => changeCount),
    Array.from({ length: 1_000 }, (_, index) => index),
  );
  assert.deepEqual(counts, { matched: 1_000, total: 1_000 });
  const lines = (await server.inject('/api/report.csv')).body.split('\r\n');
  assert.equal(lines[0], csvHead);
  assert.match(lines[1] ?? '', /^"10\.0\.3\.231",999,/);
  assert.equal(lines.length, 1_002);
  assert.equal((await server.inject('/api/report.txt')).body, reportTable(scene.report.entries()));
});

test('an empty report has its form, too', async (t) => {
  const { server } = served(t, 0);
  assert.deepEqual((await server.inject('/api/report')).json(), { entries: [], matched: 0, total: 0 });
  assert.equal((await server.inject('/api/report.csv')).body, `${csvHead}\r\n`);
  assert.equal((await server.inject('/api/report.txt')).body, reportTable([]));
});

test('for a reader that takes nothing no more is written than the network keeps, and others are served', async (t) => {
  const rows = 60_000; // 40 MB of JSON
  const { scene, server } = served(t, rows);
  const { port } = new URL(await listen(server, settings));
  const readers = Array.from({ length: 4 }, () => {
    const reader = connect(Number(port), '127.0.0.1').pause();
    t.after(() => reader.destroy());
    reader.write('GET /api/report HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return reader;
  });
  let looks = -1;
  await eventually(
    'nothing more is written',
    () => {
      const isSettled = scene.looks > rows && scene.looks === looks;
      looks = scene.looks;
      return isSettled;
    },
    30_000,
  );
  assert.ok(scene.looks < 2 * rows + 4 * (rows / 2), `${scene.looks} looks`);

  const refused = await server.inject('/api/report?limit=1');
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers['retry-after'], '5');
  assert.equal((await server.inject('/healthz')).statusCode, 200);
  readers[0]?.destroy();
  await eventually('there is room again', async () => {
    const { statusCode } = await server.inject('/api/report?limit=1');
    return statusCode === 200;
  });
});
