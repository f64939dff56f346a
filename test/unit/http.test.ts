import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createHttpServer, listen } from '../../src/common/http.ts';
import type { HttpSettings } from '../../src/common/settings/fragments.ts';

const local: HttpSettings = { host: '127.0.0.1', port: 0, allowedHosts: [], tokenFile: null };

function server(t: TestContext, settings = local, waitingFor: string[] = [], stalled: string[] = []) {
  const created = createHttpServer(settings, { stalled: () => stalled, waitingFor: () => waitingFor });
  t.after(() => created.close());
  return created;
}

async function status(t: TestContext, host: string, settings = local): Promise<number> {
  const { statusCode } = await server(t, settings).inject({ url: '/healthz', headers: { host } });
  return statusCode;
}

test('health and readiness are told, with what is being waited for', async (t) => {
  assert.equal((await server(t).inject('/healthz')).statusCode, 200);
  const stalled = await server(t, local, [], ['the report view']).inject('/healthz');
  assert.equal(stalled.statusCode, 503);
  assert.deepEqual(stalled.json(), { status: 'stalled', stalled: ['the report view'] });
  assert.equal((await server(t).inject('/readyz')).statusCode, 200);
  const waiting = await server(t, local, ['Kafka']).inject('/readyz');
  assert.equal(waiting.statusCode, 503);
  assert.deepEqual(waiting.json(), { status: 'waiting', waitingFor: ['Kafka'] });
});

for (const host of ['127.0.0.1', 'localhost:8480', 'LOCALHOST', '[::1]:8480']) {
  test(`a server on loopback answers to ${host}`, async (t) => assert.equal(await status(t, host), 200));
}

for (const host of ['evil.example', 'evil.example:8480', 'localhost.evil.example']) {
  test(`a server on loopback does not answer to "${host}"`, async (t) =>
    assert.equal(await status(t, host), 421));
}

test('further names can be allowed', async (t) => {
  const settings = { ...local, allowedHosts: ['ticker.example'] };
  assert.equal(await status(t, 'ticker.example:80', settings), 200);
  assert.equal(await status(t, 'other.example', settings), 421);
});

test('a refused request runs no route', async (t) => {
  const created = server(t);
  let ran = false;
  created.get('/secret', async () => {
    ran = true;
    return 'secret';
  });
  const { body } = await created.inject({ url: '/secret', headers: { host: 'evil.example' } });
  assert.equal(ran, false);
  assert.ok(!body.includes('secret'));
});

test('a port that is taken is named with its remedy', async (t) => {
  const address = new URL(await listen(server(t), local));
  const again = listen(server(t), { ...local, port: Number(address.port) });
  await assert.rejects(again, { code: 'LISTEN', message: new RegExp(`port ${address.port}`) });
});
