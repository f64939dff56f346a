import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { describe } from '../../src/common/errors.ts';
import { createHttpServer, listen } from '../../src/common/http.ts';
import type { HttpSettings } from '../../src/common/settings/fragments.ts';
import { loadSettings } from '../../src/common/settings/load.ts';
import { producerSchema } from '../../src/producer/settings.ts';
import { eventually } from '../helpers/eventually.ts';
import { RawHttp } from '../helpers/raw-http.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const local: HttpSettings = { host: '127.0.0.1', port: 0, allowedHosts: [], tokenFile: null };
const token = '0123456789abcdef0123456789abcdef';

function server(t: TestContext, settings: Partial<HttpSettings> = {}) {
  const created = createHttpServer({ ...local, ...settings }, { stalled: () => [], waitingFor: () => [] });
  created.get('/data', async () => 'the data');
  t.after(() => created.close());
  return created;
}

async function serve(t: TestContext, settings: Partial<HttpSettings> = {}): Promise<string> {
  return listen(server(t, settings), { ...local, ...settings });
}

function fileWith(t: TestContext, text: string): string {
  const directory = temporaryDirectory('port-ticker-token-');
  t.after(() => directory.remove());
  writeFileSync(join(directory.path, 'token'), text);
  return join(directory.path, 'token');
}

for (const host of ['0.0.0.0', '::', '192.0.2.1', '2001:db8::1', 'ticker.example', '127.0.0.1.example']) {
  test(`without a token nothing is served on ${host}`, (t) => {
    assert.throws(
      () => server(t, { host }),
      (error) => {
        assert.match(describe(error), /has no token – set PORT_TICKER_HTTP_TOKEN_FILE, or .*=127\.0\.0\.1$/);
        return true;
      },
    );
  });
}

for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost', 'LOCALHOST']) {
  test(`on ${host} no token is needed`, (t) => assert.ok(server(t, { host })));
}

test('a token that can be guessed, or is none, is refused with the remedy, and not shown', (t) => {
  for (const text of ['', '\n', 'password\n']) {
    assert.throws(
      () => server(t, { tokenFile: fileWith(t, text) }),
      (error) => {
        assert.match(describe(error), / – (make another|check PORT_TICKER_HTTP_TOKEN_FILE)/);
        assert.doesNotMatch(describe(error), /password/);
        return true;
      },
    );
  }
});

test('where there is a token, only who has it is answered, and everybody about health', async (t) => {
  const guarded = server(t, { host: '0.0.0.0', tokenFile: fileWith(t, `${token}\n`) });
  const ask = (url: string, authorization?: string) =>
    guarded.inject({ url, headers: authorization === undefined ? {} : { authorization } });
  assert.equal((await ask('/data', `Bearer ${token}`)).body, 'the data');
  for (const wrong of [
    undefined,
    '',
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    'Bearer ',
  ]) {
    const { statusCode, headers, body } = await ask('/data', wrong);
    assert.equal(statusCode, 401, wrong);
    assert.equal(headers['www-authenticate'], 'Bearer');
    assert.ok(!body.includes('the data') && !body.includes(token));
  }
  for (const path of ['/healthz', '/readyz', '/healthz?from=probe'])
    assert.equal((await ask(path)).statusCode, 200);
  assert.equal((await ask('/elsewhere')).statusCode, 401, 'what there is, is nobody’s business either');
  assert.equal((await ask('/healthz/../data')).statusCode, 401);
});

for (const [host, status] of [
  ['192.0.2.7', 200],
  ['192.0.2.7:8480', 200],
  ['[2001:db8::7]:8480', 200],
  ['ticker.example', 200],
  ['localhost', 200],
  ['evil.example', 421],
  ['192.0.2.7.evil.example', 421],
] as const) {
  test(`a server on all addresses answers a request for "${host}" with ${status}`, async (t) => {
    const settings = { host: '0.0.0.0', allowedHosts: ['ticker.example'], tokenFile: fileWith(t, token) };
    const { statusCode } = await server(t, settings).inject({ url: '/healthz', headers: { host } });
    assert.equal(statusCode, status);
  });
}

test('every answer tells browsers to keep it for themselves', async (t) => {
  const created = server(t);
  for (const request of [
    { url: '/data' },
    { url: '/elsewhere' },
    { url: '/data', headers: { host: 'evil.example' } },
    { url: '/data', method: 'DELETE' as const },
  ]) {
    const { headers } = await created.inject(request);
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('a request without a Host header is not answered', async (t) => {
  const address = await serve(t);
  for (const head of ['GET /data HTTP/1.1\r\n\r\n', 'GET /data HTTP/1.0\r\n\r\n']) {
    const connection = await RawHttp.open(t, address);
    connection.say(head);
    const answer = await connection.end();
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    assert.ok(!answer.includes('the data'));
  }
});

test('no path leads out of the routes', async (t) => {
  const address = await serve(t);
  for (const path of [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/data/..%2f..%2fetc/passwd',
    '//etc/passwd',
    '/data%00',
    '*',
  ]) {
    const connection = await RawHttp.open(t, address);
    connection.say(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const answer = await connection.end();
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, path);
    assert.ok(!answer.includes('root:'), path);
  }
});

test('nobody puts a header into an answer', async (t) => {
  const address = await serve(t);
  for (const [path, host] of [
    ['/data%0d%0aSet-Cookie:%20a=b', 'localhost'],
    ['/elsewhere?x=%0d%0aSet-Cookie:%20a=b', 'localhost'],
    ['/data', 'localhost%0d%0aSet-Cookie: a=b'],
  ]) {
    const connection = await RawHttp.open(t, address);
    connection.say(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const [head = ''] = (await connection.end()).split('\r\n\r\n');
    assert.doesNotMatch(head, /^set-cookie/im);
  }
});

test('a sensor id that would break a line or a header is refused, in one line', () => {
  const argv = ['--sensor-id', 'edge1\r\nSet-Cookie: a=b'];
  assert.throws(
    () => loadSettings({ name: 'test', description: '' }, producerSchema, { argv, env: {} }),
    (error) => {
      assert.match(describe(error), /^--sensor-id: must match [^\r\n]*$/);
      return true;
    },
  );
});

for (const [what, text, status] of [
  ['a header of 10 kB', `GET /data HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`, 431],
  ['a URL of 10 kB', `GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
  ['ten thousand headers', `GET /data HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, 431],
  [
    'a body of 10 kB',
    `POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n${'x'.repeat(10_000)}`,
    4,
  ],
  [
    'two lengths',
    'GET /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    400,
  ],
  ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
] as const) {
  test(`${what} is refused`, async (t) => {
    const address = await serve(t);
    const connection = await RawHttp.open(t, address);
    connection.say(text);
    assert.match(await connection.end(), new RegExp(`^HTTP/1\\.1 ${status}`));
    assert.equal((await fetch(`${address}/data`)).status, 200);
  });
}

test('whoever sends nothing, or a head that does not end, is let go within seconds', async (t) => {
  const address = await serve(t);
  const silent = await RawHttp.open(t, address);
  const slow = await RawHttp.open(t, address);
  slow.say('GET /data HTTP/1.1\r\nHost: localhost\r\n');
  const drip = setInterval(() => slow.say('X: y\r\n'), 200);
  t.after(() => clearInterval(drip));
  assert.match(await slow.end(9_000), /^(HTTP\/1\.1 408|$)/);
  await silent.end(9_000);
});

test('whoever sends a body that does not end is let go', async (t) => {
  const address = await serve(t);
  const slow = await RawHttp.open(t, address);
  slow.say('POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n');
  const drip = setInterval(() => slow.say('x'), 200);
  t.after(() => clearInterval(drip));
  await slow.end(15_000);
});

test('many connections do not take all there are: the rest is turned away, and served once they are gone', async (t) => {
  const address = await serve(t);
  const many = await Promise.all(Array.from({ length: 300 }, () => RawHttp.open(t, address)));
  const open = () => many.filter(({ isOver }) => !isOver).length;
  await eventually('those above 256 are turned away', () => open() <= 256, 4_000);
  assert.equal(open(), 256); // well before they are let go for their silence
  await Promise.all(many.map((each) => each.end(15_000)));
  assert.equal((await fetch(`${address}/data`)).status, 200);
});
