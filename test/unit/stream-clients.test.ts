import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createHttpServer, listen } from '../../src/common/http.ts';
import { queryOf } from '../../src/consumer/query.ts';
import { apiRow } from '../../src/consumer/rows.ts';
import { Feed } from '../../src/consumer/stream/feed.ts';
import { addStreamRoute, streamDefaults } from '../../src/consumer/stream/route.ts';
import { eventually } from '../helpers/eventually.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

/** As docs/page.md has it. */
const mostClients = 200;
/** For so many clients on a busy machine; ms. */
const patience = 30_000;

/** A client of the stream over HTTP. */
class Viewer {
  heard = '';
  readonly response: IncomingMessage;

  static async open(t: TestContext, url: string): Promise<Viewer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(url, { agent: false }, resolve).once('error', reject);
    const viewer = new Viewer(await promise);
    t.after(() => viewer.response.destroy());
    return viewer;
  }

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.on('error', () => undefined); // its end, or the server's
    response.setEncoding('utf8').on('data', (text: string) => {
      this.heard += text;
    });
  }
}

function fed() {
  const scene = new ReportOfTest();
  const feed = new Feed(scene.report, scene.rows, {
    page: { row: () => ({}), status: () => ({}) },
    programs: { row: (row) => ({ row: apiRow(row) }), status: () => ({}) },
  });
  return { scene, feed };
}

async function served(t: TestContext) {
  const { scene, feed } = fed();
  const settings = { host: '127.0.0.1', port: 0, allowedHosts: [], tokenFile: null };
  const server = createHttpServer(settings, { stalled: () => [], waitingFor: () => [] });
  addStreamRoute(server, feed);
  t.after(() => {
    feed.close();
    return server.close();
  });
  const url = await listen(server, settings);
  const view = () => Viewer.open(t, `${url}/api/stream`);
  return { scene, feed, url, view };
}

test('two hundred clients at a time are told what changes, by one look at it for all; one more is refused', async (t) => {
  const { scene, feed, url, view } = await served(t);
  scene.put({ source: '192.0.2.1' });
  const viewers = await Promise.all(Array.from({ length: mostClients }, view));
  const haveAllHeard = (source: string) =>
    eventually(
      `all have heard of ${source}`,
      () => viewers.every(({ heard }) => heard.includes(`"source":"${source}"`)),
      patience,
    );
  await haveAllHeard('192.0.2.1');

  const looks = scene.looks;
  scene.put({ source: '192.0.2.2' });
  await haveAllHeard('192.0.2.2');
  assert.ok(scene.looks - looks < mostClients / 2, `${scene.looks - looks} looks at rows`);

  const refused = await fetch(`${url}/api/stream`);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '30']);
  assert.deepEqual(await refused.json(), { error: '200 streams are open already' });
  assert.equal(feed.size, mostClients);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);

  viewers[0]?.response.destroy();
  await eventually('one has left', () => feed.size < mostClients, patience);
  const next = await view();
  await eventually('another one is served', () => next.heard.includes('192.0.2.2'), patience);
});

test('for two hundred clients that take nothing no more is kept than a snapshot each', async (t) => {
  const { scene, feed } = fed();
  t.after(() => feed.close());
  const join = (response: PassThrough) =>
    feed.add(response, queryOf('/?limit=20', streamDefaults), false, '');
  const silent = Array.from({ length: mostClients - 1 }, () => new PassThrough({ highWaterMark: 1_000 }));
  for (const response of silent) join(response);
  const reader = new PassThrough();
  let heard = '';
  reader.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  join(reader);
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 20; index += 1)
      scene.put({ source: `198.51.100.${index}`, changeCount: 20 * round + index, sensor: `edge${round}` });
    await eventually(
      'who reads has heard of it',
      () => heard.includes(`"key":"edge${round}/198.51.100.19"`),
      patience,
    );
  }
  const row = heard.length / heard.split('"key":').length;
  const kept = silent.map(({ readableLength, writableLength }) => readableLength + writableLength);
  assert.ok(
    kept.every((bytes) => bytes > 0 && bytes < 100 * row),
    `${Math.max(...kept)} bytes, rows of ${row}`,
  );
});
