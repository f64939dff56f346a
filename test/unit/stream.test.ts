import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Query, queryOf } from '../../src/consumer/query.ts';
import { apiRow } from '../../src/consumer/rows.ts';
import { Feed } from '../../src/consumer/stream/feed.ts';
import { streamDefaults } from '../../src/consumer/stream/route.ts';
import { Window } from '../../src/consumer/stream/window.ts';
import { eventually } from '../helpers/eventually.ts';
import { ReportOfTest } from '../helpers/shown-rows.ts';

/** Sooner than the report is looked at anew anyhow; ms. */
const promptly = 5_000;

interface Message {
  event: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a client makes of JSON
  data: any;
}

/** A client of the stream, and the table that it keeps by what it is told. */
class Listener {
  readonly response: PassThrough;
  keys: string[] = [];
  readonly counts = new Map<string, number>();
  readonly messages: Message[] = [];
  #rest = '';

  constructor(highWaterMark = 1 << 20) {
    this.response = new PassThrough({ highWaterMark });
  }

  listen(): this {
    this.response.on('data', (text) => {
      this.#rest += text;
      const parts = this.#rest.split('\n\n');
      this.#rest = parts.pop() ?? '';
      for (const part of parts) this.#hear(part);
    });
    return this;
  }

  heard(event: string): Message[] {
    return this.messages.filter((message) => message.event === event);
  }

  #hear(text: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
    const message = { event: field('event'), id: field('id'), data: JSON.parse(field('data')) };
    this.messages.push(message);
    if (message.event === 'snapshot') this.keys = [];
    for (const { key, before, row } of message.data.rows ?? []) {
      this.counts.set(key, row.changeCount);
      this.keys = this.keys.filter((each) => each !== key);
      const place = before === null ? this.keys.length : this.keys.indexOf(before);
      assert.notEqual(place, -1, `${key} stands before ${before}, which is not there`);
      this.keys.splice(place, 0, key);
    }
    for (const key of message.data.gone ?? []) this.keys = this.keys.filter((each) => each !== key);
  }
}

function scene(t: TestContext) {
  const scene = new ReportOfTest();
  const feed = new Feed(scene.report, scene.rows, {
    page: { row: () => ({}), status: () => ({}) },
    programs: { row: (row) => ({ row: apiRow(row) }), status: () => ({ text: 'all is well' }) },
  });
  t.after(() => feed.close());
  const query = (url: string): Query => queryOf(url, streamDefaults);
  const join = (url = '/?sort=-count', lastId = '', keys: readonly string[] = []) => {
    const listener = new Listener().listen();
    listener.keys = [...keys];
    feed.add(listener.response, query(url), false, lastId);
    return listener;
  };
  const shows = (listener: Listener, url = '/?sort=-count') =>
    eventually(
      'the listener has what the report has',
      async () => {
        const expected = (await scene.rows.select(query(url))).rows.map(({ key }) => key);
        return expected.join() === listener.keys.join();
      },
      promptly,
    );
  return {
    ...scene,
    put: scene.put.bind(scene),
    remove: scene.remove.bind(scene),
    rows: scene.rows,
    feed,
    join,
    shows,
    query,
  };
}

test('a client is told all there is, and then what changes', async (t) => {
  const { put, remove, join, shows } = scene(t);
  put({ source: '192.0.2.1', changeCount: 30 });
  const listener = join();
  await shows(listener);
  put({ source: '192.0.2.2', changeCount: 40 });
  const gone = put({ source: '192.0.2.3', changeCount: 20 });
  await shows(listener);
  remove(gone);
  await shows(listener);
  assert.equal(listener.heard('snapshot').length, 1);
  assert.deepEqual(
    listener.heard('status').map(({ data }) => data),
    [{ text: 'all is well' }],
  );
});

test('a new row is told at once, and one that goes on changing once a second', async (t) => {
  const { put, join, shows } = scene(t);
  const listener = join();
  await eventually('it has begun', () => listener.heard('snapshot').length === 1);
  const begun = Date.now();
  const key = put({ changeCount: 21 });
  await shows(listener);
  const delay = Date.now() - begun;
  for (let changeCount = 22; changeCount <= 200; changeCount += 1) put({ changeCount });
  await eventually('the last count is told', () => listener.counts.get(key) === 200);
  assert.ok(Date.now() - begun >= 1_000);
  assert.equal(listener.heard('rows').length, 2);
  assert.ok(delay < 500, `${delay} ms`);
});

test('what was told already, and is read again from the topic, is not told again', async (t) => {
  const { put, report, join, shows } = scene(t);
  const listener = join();
  await eventually('it has begun', () => listener.heard('snapshot').length === 1);
  const key = put({ changeCount: 21 });
  await shows(listener);
  const row = report.get(key);
  assert.ok(row !== undefined);
  report.read({ key, ...row }, true);
  put({ source: '192.0.2.2', changeCount: 21 });
  await eventually('the other one is told', () => listener.counts.has('edge1/192.0.2.2'));
  const later = put({ source: '192.0.2.2', changeCount: 22 });
  await eventually('its change is told', () => listener.counts.get(later) === 22);
  const told = listener
    .heard('rows')
    .flatMap(({ data }) => data.rows.map((each: { key: string }) => each.key));
  assert.deepEqual(told, [key, later, later]);
});

test('of more rows than there is room for a client has the first, also when some of them go', async (t) => {
  const { put, remove, join, shows } = scene(t);
  const url = '/?sort=-count&limit=5';
  const keys = Array.from({ length: 20 }, (_, index) =>
    put({ source: `192.0.2.${index}`, changeCount: 100 + index }),
  );
  const listener = join(url);
  await shows(listener, url);
  put({ source: '203.0.113.1', changeCount: 110 });
  put({ source: '203.0.113.2', changeCount: 1_000 });
  await shows(listener, url);
  assert.equal(listener.heard('snapshot').length, 1);
  for (const key of keys.slice(17)) remove(key);
  await shows(listener, url);
});

test('a client is told only what its filter lets through', async (t) => {
  const { put, join, shows } = scene(t);
  const url = '/?sort=-count&q=edge2';
  const listener = join(url);
  put({ source: '192.0.2.1' });
  put({ source: '192.0.2.2', sensor: 'edge2' });
  await shows(listener, url);
  assert.deepEqual(listener.keys, ['edge2/192.0.2.2']);
});

test('a client that comes back is told what it has missed, and, after too much, all there is', async (t) => {
  const { put, remove, join, shows } = scene(t);
  const gone = put({ source: '192.0.2.1', changeCount: 50 });
  put({ source: '192.0.2.2', changeCount: 60 });
  const first = join();
  await shows(first);
  first.response.destroy();

  remove(gone);
  for (const changeCount of [70, 40]) put({ source: `192.0.2.${changeCount}`, changeCount });
  const second = join('/?sort=-count', first.heard('snapshot')[0]?.id, first.keys);
  await shows(second);
  assert.equal(second.heard('snapshot').length, 0);

  for (let index = 0; index < 3_000; index += 1) put({ source: `198.51.${index >> 8}.${index & 255}` });
  const third = join('/?sort=-count', second.messages[0]?.id);
  await eventually('it has a snapshot', () => third.heard('snapshot').length === 1);
});

test('a client that comes back is told also what was still waiting to be told when it left', async (t) => {
  const { put, feed, join, shows } = scene(t);
  const first = join();
  const key = put({ changeCount: 21 });
  await shows(first);
  put({ changeCount: 42 }); // waits for the end of its second
  put({ source: '192.0.2.2', changeCount: 5 });
  await shows(first);
  const lastId = first.messages.at(-1)?.id;
  first.response.destroy();
  await eventually('it is gone', () => feed.size === 0);
  assert.equal(first.counts.get(key), 21);
  const second = join('/?sort=-count', lastId, first.keys);
  await eventually('it knows the last count', () => second.counts.get(key) === 42);
  assert.equal(second.heard('snapshot').length, 0);
});

test('a slow client is not buffered without bound, and is right again when it has caught up', async (t) => {
  const { put, feed, query, shows } = scene(t);
  const listener = new Listener(1_000);
  feed.add(listener.response, query('/?sort=-count'), false, '');
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 200; index += 1)
      put({ source: `198.51.${round}.${index}`, changeCount: round * 200 + index });
    await new Promise(setImmediate);
  }
  const { readableLength, writableLength } = listener.response;
  assert.ok(readableLength + writableLength < 500_000, `${readableLength} + ${writableLength} bytes`);
  listener.listen();
  await shows(listener);
});

test('when very much changes at once a client has it all the same', async (t) => {
  const { put, join, shows } = scene(t);
  const listener = join();
  for (let index = 0; index < 5_000; index += 1)
    put({ source: `198.51.${index >> 8}.${index & 255}`, changeCount: index });
  await shows(listener);
  assert.ok(listener.heard('rows').length === 0 && listener.heard('snapshot').length <= 3);
});

test('streams are counted while they are open', async (t) => {
  const { feed, join } = scene(t);
  const listeners = [join(), join()];
  assert.equal(feed.size, 2);
  for (const { response } of listeners) response.destroy();
  await eventually('they are gone', () => feed.size === 0);
});

test('a window counts what matches exactly while it has room', async (t) => {
  const { put, remove, rows, query } = scene(t);
  const window = new Window(rows, query('/?limit=3'));
  put({ source: '192.0.2.1' });
  await window.fill(Date.now());
  for (const source of ['192.0.2.2', '192.0.2.2', '192.0.2.3']) {
    const row = rows.get(put({ source }));
    if (row !== undefined) window.put(row);
  }
  assert.deepEqual(window.counts, { shown: 3, matched: 3, total: 3 });
  remove('edge1/192.0.2.1');
  assert.deepEqual(window.remove('edge1/192.0.2.1'), ['edge1/192.0.2.1']);
  assert.deepEqual(window.counts, { shown: 2, matched: 2, total: 2 });
  assert.ok(!window.isShort);
});
