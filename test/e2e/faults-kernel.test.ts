import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lastFirst } from '../helpers/cleanup.ts';
import { readEvents } from '../helpers/events.ts';
import { replaceProgram } from '../helpers/foreign-program.ts';
import { unprivileged } from '../helpers/privileged.ts';
import {
  device,
  portChanges,
  reportRow,
  ScanStack,
  scanner4,
  sensorStatus,
  target4,
  untilStatus,
} from '../helpers/scan-stack.ts';
import type { Service } from '../helpers/service.ts';

/** Pins and attachments are looked at every 4 s; the rest is for a busy machine; ms. */
const soon = 10_000;

describe('what is done to the kernel part of a running sensor', { skip: unprivileged }, () => {
  const cleanup = lastFirst({ after });
  let stack: ScanStack;
  let consumer: Service;
  let producer: Service;
  before(async () => {
    stack = await ScanStack.create(cleanup);
    consumer = stack.consumer();
    producer = stack.producer();
    await Promise.all([consumer.ready(), producer.ready()]);
    await untilStatus(consumer, 'it runs', ({ state }) => state === 'RUNNING');
  });

  const shownLink = (name = device) => stack.target.exec('ip', ['link', 'show', name]);
  const changes = async () => (await reportRow(consumer, scanner4))?.changeCount ?? 0;
  /** A hundred ports, others than ever before. */
  const isCounted = async () => {
    const known = await changes();
    const from = 10_000 + known;
    await stack.nmap(target4, '-sS', `-p${from}-${from + 99}`);
    await consumer.until('a scan is reported', async () => (await changes()) >= known + 99);
  };

  test('pins that are removed come back, no packet is missed, and the next start finds them', async () => {
    const capture = await stack.capture();
    const pins = stack.pins().toSorted();
    const scan = stack.nmap(target4, '-sS', '-p1-1500', '--max-rate', '300');
    rmSync(stack.sandbox.pinDirectory, { recursive: true });
    await producer.until('the pins are there again', () => stack.pins().length === pins.length, soon);
    assert.deepEqual(stack.pins().toSorted(), pins);
    await producer.program.says(/somebody has removed pins of this sensor/);
    await scan;
    await producer.crash();
    producer = stack.producer();
    await producer.ready();
    assert.match(producer.program.stdout, /going on with epoch/);
    const expected = portChanges(await capture.frames(), scanner4);
    await consumer.until(`${expected} changes are reported`, async () => (await changes()) === expected);
  });

  test('a bpf file system that goes is named, and all is as before when it is back', async () => {
    const { bpffs } = stack.sandbox;
    execFileSync('umount', ['--lazy', bpffs]);
    await untilStatus(consumer, 'the status names it', ({ state, lastError }) => {
      return state === 'DEGRADED' && /is not on a bpf file system – Mount one/.test(lastError ?? '');
    });
    execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
    await untilStatus(consumer, 'it is well', ({ state }) => state === 'RUNNING');
    await isCounted();
  });

  test('a program that somebody puts in place of ours gives way to it, and is told of', async () => {
    const ours = (await sensorStatus(consumer))?.devices[0]?.programId;
    const [layout = ''] = readdirSync(stack.sandbox.pinDirectory);
    const link = join(stack.sandbox.pinDirectory, layout, `link_${device}`);
    const foreign = replaceProgram(link, join(stack.sandbox.bpffs, 'foreign'));
    assert.match(await shownLink(), new RegExp(`prog/xdp id ${foreign} `));
    await producer.until('ours is back', async () => (await shownLink()).includes(`id ${ours} `), soon);
    await producer.program.says(new RegExp(`something had taken the program off ${device}`));
  });

  test('an MTU that changes is borne, and one that is refused harms nothing', async () => {
    const setMtu = async (mtu: number) => {
      for (const [end, name] of [
        [stack.scanner, 'scan0'],
        [stack.target, device],
      ] as const) {
        await end.exec('ip', ['link', 'set', name, 'mtu', String(mtu)]);
      }
    };
    for (const mtu of [9000, 65_535, 1280]) {
      await setMtu(mtu);
      await isCounted();
    }
    await assert.rejects(setMtu(70_000));
    const status = await sensorStatus(consumer);
    assert.deepEqual([status?.state, status?.devices[0]?.mode], ['RUNNING', 'driver']);
  });

  test('a device that gets another name is waited for under its own', async () => {
    const rename = async (from: string, to: string) => {
      await stack.target.exec('ip', ['link', 'set', from, 'down']);
      await stack.target.exec('ip', ['link', 'set', from, 'name', to]);
      await stack.target.exec('ip', ['link', 'set', to, 'up']);
    };
    await rename(device, 'other0');
    await untilStatus(consumer, 'the status says so', ({ state, devices }) => {
      return state === 'DEGRADED' && devices[0]?.problem === 'waiting for the device';
    });
    assert.doesNotMatch(await shownLink('other0'), /xdp/);
    await rename('other0', device);
    await untilStatus(consumer, 'it is watched again', ({ state }) => state === 'RUNNING');
    await isCounted();
  });

  test('after a reboot a new epoch begins, and what was told before stays', async () => {
    const { bpffs } = stack.sandbox;
    const told = await sensorStatus(consumer);
    const count = await changes();
    await producer.crash();
    execFileSync('umount', ['--lazy', bpffs]); // the maps, the table and the ring go with it
    execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
    producer = stack.producer();
    await producer.ready();
    await untilStatus(consumer, 'another epoch is told', ({ epoch }) => epoch !== told?.epoch);
    assert.equal((await sensorStatus(consumer))?.sequence, 0);
    assert.equal(await changes(), count);

    await stack.nmap(target4, '-sS', '-p1-50');
    await consumer.until('its count begins anew', async () => (await changes()) < count);
    const { KAFKA_BROKERS = '', TOPIC_PREFIX = '' } = stack.settings;
    const events = await readEvents(KAFKA_BROKERS, TOPIC_PREFIX);
    const sequences = Map.groupBy(events, ({ epoch }) => epoch);
    assert.equal(sequences.size, 2);
    for (const [epoch, ofEpoch] of sequences) {
      const drawn = new Set(ofEpoch.flatMap(({ sequence }) => sequence ?? []));
      assert.equal(drawn.size, Math.max(...drawn), `epoch ${epoch} has a hole`);
    }
  });
});
