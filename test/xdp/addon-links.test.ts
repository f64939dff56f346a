import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { watchLinks } from '../../src/producer/native.ts';
import { eventually } from '../helpers/eventually.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';

/** A namespace whose devices are watched; every call back is counted, and the watch armed again. */
async function watched(t: TestContext) {
  const sandbox = await Sandbox.create(t);
  const namespace = await sandbox.namespace('watched');
  const links = watchLinks(namespace.path);
  t.after(() => links.close());
  let calls = 0;
  links.onChange(() => {
    calls += 1;
    links.arm();
  });
  links.arm();
  return { sandbox, namespace, links, calls: () => calls };
}

async function ip(namespace: Namespace, ...args: string[]): Promise<void> {
  await namespace.exec('ip', ['link', ...args]);
}

test('devices that come, go and are renamed are told, with their names', {
  skip: unprivileged,
}, async (t) => {
  const { namespace, links, calls } = await watched(t);
  assert.deepEqual(links.names(), ['lo']);
  for (const [args, names] of [
    [
      ['add', 'one0', 'type', 'veth', 'peer', 'name', 'one1'],
      ['lo', 'one0', 'one1'],
    ],
    [
      ['set', 'one1', 'name', 'eth0.100'],
      ['eth0.100', 'lo', 'one0'],
    ],
    [['delete', 'one0'], ['lo']],
  ] as const) {
    const before = calls();
    await ip(namespace, ...args);
    await eventually(`it hears of ip link ${args.join(' ')}`, () => calls() > before);
    assert.deepEqual(links.names().sort(), names);
  }
});

test('devices of other namespaces are none of its business', { skip: unprivileged }, async (t) => {
  const { sandbox, namespace, calls } = await watched(t);
  const other = await sandbox.namespace('other');
  await ip(other, 'add', 'two0', 'type', 'veth', 'peer', 'name', 'two1');
  assert.equal(calls(), 0);
  await ip(namespace, 'add', 'one0', 'type', 'veth', 'peer', 'name', 'one1');
  await eventually('it hears of its own', () => calls() > 0);
});

test('more news than the socket holds are news all the same', { skip: unprivileged }, async (t) => {
  const { namespace, links, calls } = await watched(t);
  const commands = Array.from({ length: 300 }, (_, n) => `link set lo mtu ${60_000 + n}`).join('\n');
  await namespace.exec('sh', ['-c', `echo '${commands}' | ip -batch -`]);
  await ip(namespace, 'add', 'one0', 'type', 'veth', 'peer', 'name', 'one1');
  await eventually('it hears of them', () => calls() > 0 && links.names().includes('one0'));
});

test('use after close is refused, closing twice is fine', { skip: unprivileged }, async (t) => {
  const { links } = await watched(t);
  links.close();
  links.close();
  for (const use of [
    () => links.names(),
    () => links.arm(),
    () => links.unref(),
    () => links.onChange(() => {}),
  ]) {
    assert.throws(use, { code: 'ECLOSED' });
  }
});

test('an unknown namespace is named, and a second callback refused', { skip: unprivileged }, async (t) => {
  assert.throws(() => watchLinks('/run/netns/none'), { code: 'SETTINGS', message: /\/run\/netns\/none/ });
  const { links } = await watched(t);
  assert.throws(() => links.onChange(() => {}), { code: 'EBUSY' });
});

test('the watch may be closed in its callback', { skip: unprivileged }, async (t) => {
  const sandbox = await Sandbox.create(t);
  const namespace = await sandbox.namespace('watched');
  const links = watchLinks(namespace.path);
  const { promise, resolve } = Promise.withResolvers<void>();
  links.onChange(() => {
    links.close();
    resolve();
  });
  links.arm();
  await ip(namespace, 'add', 'one0', 'type', 'veth', 'peer', 'name', 'one1');
  await promise;
});
