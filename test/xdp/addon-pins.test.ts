import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { enumerators, field, openNative, removeNative, size } from '../../src/producer/native.ts';
import { runChild, startChild } from '../helpers/child.ts';
import { eventually } from '../helpers/eventually.ts';
import { openSensor, scan } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';

const packets = enumerators('statistic')['STAT_PACKETS_IPV4'] ?? -1;

describe('what is pinned', { skip: unprivileged }, () => {
  test('is taken over by the next process: epoch, table, counters, settings', async (t) => {
    const { sandbox } = await place(t);
    const first = openSensor(t, sandbox);
    first.ignoreAdd(Uint8Array.of(4, 32, 10, 9, 9, 9, ...new Array(12).fill(0)));
    scan(first, '10.0.0.1');
    const { epoch } = first;
    assert.equal(epoch.resumed, false);
    first.close();

    const second = openSensor(t, sandbox);
    assert.deepEqual(second.epoch, { ...epoch, resumed: true });
    assert.equal(second.counters().sequence, 1);
    assert.equal(second.sourceCount(), 1);
    assert.equal(second.ignoreList().length, 18);
    scan(second, '10.0.0.1', 22, 100);
    assert.equal(second.statistics()[packets], 44);
    assert.equal(second.sourceCount(), 1, 'the secret of the hash is the same');
    assert.equal(second.counters().sequence, 2);
  });

  test('keeps what was added to its drops: the next process and the next event say so', async (t) => {
    const { sandbox } = await place(t);
    const first = openSensor(t, sandbox);
    first.addDrops(2);
    first.addDrops(1);
    first.close();

    const second = openSensor(t, sandbox);
    assert.equal(second.counters().drops, 3);
    scan(second, '10.0.0.1');
    const event = new DataView(new ArrayBuffer(size('event')));
    assert.equal(second.openRing().pull(new Uint8Array(event.buffer)), 1);
    assert.equal(event.getBigUint64(field('event', 'drops', 8), true), 3n);
    for (const wrong of [-1, 0.5, 2 ** 32]) assert.throws(() => second.addDrops(wrong), { code: 'EINVAL' });
    assert.equal(second.counters().drops, 3);
  });

  test('keeps its attachments, which get the program of the process that takes over', async (t) => {
    const { sandbox, target } = await place(t);
    const first = openSensor(t, sandbox, { netns: target.path });
    const before = first.attach('lo', 'auto');
    first.close();

    const second = openSensor(t, sandbox, { netns: target.path });
    const [after] = second.attachments();
    assert.notEqual(after?.programId, before.programId);
    assert.deepEqual({ ...after, programId: 0 }, { ...before, programId: 0 });
    const counted = second.statistics()[packets] ?? 0;
    await target.exec('bash', ['-c', 'echo > /dev/udp/127.0.0.1/9']);
    await eventually('the packet is counted', () => second.statistics()[packets] === counted + 1);
  });

  test('has the sizes it was made with, and says so when others are asked for', async (t) => {
    const { sandbox } = await place(t);
    openSensor(t, sandbox).close();
    assert.throws(() => openSensor(t, sandbox, { maxSources: 8192 }), {
      code: 'PINS',
      message: /the number of sources is 4096 there, 8192 was asked for/,
      remedy: /Ask for 4096, or remove .*port-ticker-producer --remove/,
    });
    assert.throws(() => openSensor(t, sandbox, { ringBytes: 131_072 }), {
      code: 'PINS',
      message: /the size of the ring is 65536 there, 131072 was asked for/,
    });
    assert.equal(openSensor(t, sandbox).epoch.resumed, true);
  });

  test('is gone after unpin, attachments and directory too', async (t) => {
    const { sandbox, target } = await place(t);
    const sensor = openSensor(t, sandbox, { netns: target.path });
    sensor.attach('lo', 'skb');
    sensor.unpin();
    assert.equal(existsSync(sandbox.pinDirectory), false);
    assert.doesNotMatch(await target.exec('ip', ['link', 'show', 'lo']), /xdp/);
    assert.throws(() => sensor.attach('lo', 'skb'), { code: 'PINS' });
    scan(sensor, '10.0.0.1');
    assert.equal(sensor.sourceCount(), 1, 'it stays usable');
    sensor.unpin();
    sensor.close();
    assert.equal(openSensor(t, sandbox).epoch.resumed, false);
  });

  test('is completed under another name: what a dead process left half made is replaced', async (t) => {
    const { sandbox } = await place(t);
    const unfinished = join(sandbox.pinDirectory, 'layout_2_unfinished');
    mkdirSync(unfinished, { recursive: true });
    openSensor(t, sandbox).close();
    assert.deepEqual(readdirSync(sandbox.pinDirectory), ['layout_2']);
  });
});

describe('remove', { skip: unprivileged }, () => {
  test('detaches and unpins all, and names the devices', async (t) => {
    const { sandbox, target } = await place(t);
    const sensor = openSensor(t, sandbox, { netns: target.path });
    sensor.attach('lo', 'auto');
    sensor.close();
    assert.deepEqual(removeNative({ pinDirectory: sandbox.pinDirectory }), ['lo']);
    assert.equal(existsSync(sandbox.pinDirectory), false);
    assert.doesNotMatch(await target.exec('ip', ['link', 'show', 'lo']), /xdp/);
    assert.deepEqual(removeNative({ pinDirectory: sandbox.pinDirectory }), []);
  });

  test('of one device leaves the rest', async (t) => {
    const { sandbox, target } = await place(t);
    await target.exec('ip', ['link', 'add', 'eth0.1', 'type', 'veth', 'peer', 'name', 'eth1']);
    const sensor = openSensor(t, sandbox, { netns: target.path });
    sensor.attach('lo', 'auto');
    sensor.attach('eth0.1', 'auto');
    sensor.close();
    const { pinDirectory } = sandbox;
    assert.deepEqual(removeNative({ pinDirectory, device: 'eth9' }), []);
    assert.deepEqual(removeNative({ pinDirectory, device: 'eth0.1' }), ['eth0.1']);
    const [left, ...others] = openSensor(t, sandbox, { netns: target.path }).attachments();
    assert.equal(left?.device, 'lo');
    assert.deepEqual(others, []);
  });

  test('takes older layouts along', async (t) => {
    const { sandbox } = await place(t);
    mkdirSync(join(sandbox.pinDirectory, 'layout_0'), { recursive: true });
    removeNative({ pinDirectory: sandbox.pinDirectory });
    assert.equal(existsSync(sandbox.pinDirectory), false);
  });

  test('leaves what is not its own', async (t) => {
    const { sandbox } = await place(t);
    const foreign = join(sandbox.pinDirectory, 'somebody');
    mkdirSync(foreign, { recursive: true });
    removeNative({ pinDirectory: sandbox.pinDirectory });
    assert.equal(existsSync(foreign), true);
  });

  test('is refused while a sensor is open', async (t) => {
    const { sandbox } = await place(t);
    openSensor(t, sandbox);
    assert.throws(() => removeNative({ pinDirectory: sandbox.pinDirectory }), { code: 'LOCKED' });
  });
});

describe('the lock', { skip: unprivileged }, () => {
  test('refuses a second process, names the first, and goes with it', async (t) => {
    const { sandbox } = await place(t);
    const holder = startChild({ pinDirectory: sandbox.pinDirectory, scenario: 'hold' });
    t.after(() => holder.kill('SIGKILL'));
    if (holder.stdout) await once(holder.stdout, 'data');
    assert.throws(() => openSensor(t, sandbox), {
      code: 'LOCKED',
      message: new RegExp(`it is in use by process ${holder.pid} \\(.*node`),
      remedy: /Stop that process/,
    });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    assert.equal(openSensor(t, sandbox).epoch.resumed, true);
  });

  test('holds within one process, and in other directories means nothing', async (t) => {
    const { sandbox } = await place(t);
    openSensor(t, sandbox);
    assert.throws(() => openSensor(t, sandbox), {
      code: 'LOCKED',
      message: new RegExp(`process ${process.pid} `),
    });
    openSensor(t, sandbox, { pinDirectory: join(sandbox.bpffs, 'another', 'one') });
  });
});

describe('a sensor that cannot be opened', { skip: unprivileged }, () => {
  test('leaves nothing behind, whichever step failed', async (t) => {
    const { sandbox } = await place(t);
    const { pinDirectory } = sandbox;
    const outcomes = new Set<string>();
    // each limit of open files lets it come a little further
    for (let files = 22; files < 60; files += 2) {
      const wrapper = ['prlimit', `--nofile=${files}:${files}`];
      const { output } = await runChild({ pinDirectory, scenario: 'open', wrapper });
      if (output === 'ok\n') break;
      outcomes.add(/"message":"([^:]*)/.exec(output)?.[1] ?? 'not started');
      assert.equal(existsSync(pinDirectory), false, output);
    }
    assert.ok(outcomes.has('load the kernel program'), [...outcomes].join(', '));
  });

  test('leaves a directory that was there', async (t) => {
    const { sandbox } = await place(t);
    mkdirSync(join(sandbox.pinDirectory, 'layout_2_unfinished', 'not_ours'), { recursive: true });
    assert.throws(() => openSensor(t, sandbox), /remove the pin/);
    assert.deepEqual(readdirSync(sandbox.pinDirectory), ['layout_2_unfinished']);
    rmdirSync(join(sandbox.pinDirectory, 'layout_2_unfinished', 'not_ours'));
    assert.equal(openSensor(t, sandbox).epoch.resumed, false);
  });

  for (const [name, wrong] of Object.entries({
    'sources that are no power of two': { maxSources: 5000 },
    'too few sources': { maxSources: 2048 },
    'too many sources': { maxSources: 2 ** 24 },
    'a ring that is no power of two': { ringBytes: 5000 },
    'a ring smaller than a page': { ringBytes: 2048 },
    'no pin directory': { pinDirectory: '' },
  })) {
    test(`was given ${name}`, async (t) => {
      const { sandbox } = await place(t);
      const options = { pinDirectory: sandbox.pinDirectory, maxSources: 4096, ringBytes: 65_536, ...wrong };
      assert.throws(() => openNative(options), {
        code: 'SETTINGS',
        message: /is not a power of two|path|whole number/,
      });
      assert.equal(existsSync(sandbox.pinDirectory), false);
    });
  }
});

async function place(t: TestContext): Promise<{ sandbox: Sandbox; target: Namespace }> {
  const sandbox = await Sandbox.create(t);
  return { sandbox, target: await sandbox.namespace('target') };
}
