import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { DeviceStatus } from '../../src/common/control/records.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import {
  device,
  reportRow,
  ScanStack,
  scanner4,
  sensorStatus,
  target4,
  untilStatus,
} from '../helpers/scan-stack.ts';
import type { Service } from '../helpers/service.ts';

async function deviceStatus(consumer: Service, name: string): Promise<DeviceStatus | undefined> {
  return (await sensorStatus(consumer))?.devices.find((each) => each.device === name);
}

async function isAttached(consumer: Service, name: string): Promise<boolean> {
  return typeof (await deviceStatus(consumer, name))?.mode === 'string';
}

/** A consumer, and a producer that watches the target's device. */
async function attachedStack(t: TestContext) {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer();
  await Promise.all([consumer.ready(), producer.ready()]);
  await consumer.until('it is attached', () => isAttached(consumer, device));
  return { stack, consumer };
}

privilegedTest('a device that goes is waited for, and watched again when it comes back', async (t) => {
  const { stack, consumer } = await attachedStack(t);

  await stack.target.exec('ip', ['link', 'delete', device]);
  await consumer.until('the status says what is waiting', async () => {
    const status = await sensorStatus(consumer);
    return status?.state === 'DEGRADED' && status.devices[0]?.problem === 'waiting for the device';
  });
  assert.deepEqual((await sensorStatus(consumer))?.presentDevices, ['lo']);

  await stack.connect();
  await consumer.until('it is attached again', async () => {
    return (await isAttached(consumer, device)) && (await sensorStatus(consumer))?.state === 'RUNNING';
  });
  await stack.nmap(target4, '-sS', '-p1-100');
  await consumer.until('its packets are counted', async () => {
    return (await reportRow(consumer, scanner4))?.changeCount === 99;
  });
  assert.equal((await reportRow(consumer, scanner4))?.device, device);
});

privilegedTest('a program that was taken off a device is put there again', async (t) => {
  const { stack, consumer } = await attachedStack(t);
  const { programId } = (await deviceStatus(consumer, device)) ?? {};
  const links: { id: number; prog_id: number }[] = JSON.parse(
    execFileSync('bpftool', ['--json', 'link', 'list'], { encoding: 'utf8' }),
  );
  const link = links.find(({ prog_id }) => prog_id === programId);
  execFileSync('bpftool', ['link', 'detach', 'id', String(link?.id)]);
  const shown = () => stack.target.exec('ip', ['link', 'show', device]);
  await consumer.until('it is back', async () => /xdp/.test(await shown()), 6_000);
});

privilegedTest('a foreign program in the way is named, and gives way to ours when it goes', async (t) => {
  const stack = await ScanStack.create(t);
  await stack.target.exec('ip', ['link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'other1']);
  const foreign = ['xdpgeneric', 'object', 'build/bench/pass.bpf.o', 'section', 'xdp'];
  await stack.target.exec('ip', ['link', 'set', 'dev', 'other0', ...foreign]);
  const consumer = stack.consumer();
  const producer = stack.producer();
  await Promise.all([consumer.ready(), producer.ready()]);
  await consumer.until('it is attached', () => isAttached(consumer, device));

  const { code, stdout } = await stack.ctl('-d', 'other0');
  assert.equal(code, 1);
  assert.match(stdout, /edge1: failed .*XDP program \d+ of another owner/);
  assert.equal(await isAttached(consumer, device), true, 'what is healthy was disturbed');
  await stack.target.exec('ip', ['link', 'set', 'dev', 'other0', 'xdpgeneric', 'off']);
  await consumer.until('ours is there', () => isAttached(consumer, 'other0'));
});

privilegedTest('a namespace that goes is named, and the sensor lives on', async (t) => {
  const stack = await ScanStack.create(t);
  const consumer = stack.consumer();
  const producer = stack.producer();
  await Promise.all([consumer.ready(), producer.ready()]);
  execFileSync('ip', ['netns', 'delete', stack.target.name]);
  await untilStatus(consumer, 'the status names it', (s) => {
    return s.state === 'DEGRADED' && /enter the network namespace/.test(s.lastError ?? '');
  });
  assert.equal(producer.program.isRunning, true);
  await stack.command('--sensor', 'edge1', '-t', '7');
  await untilStatus(consumer, 'it takes commands', (s) => s.threshold === 7);
  assert.equal(await producer.stop(), 0);
});
