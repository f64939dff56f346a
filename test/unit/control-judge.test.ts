import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IgnorePrefix } from '../../src/common/control/records.ts';
import { type Court, judge, type Verdict } from '../../src/consumer/control/judge.ts';
import { mostIgnored } from '../../src/consumer/control/limits.ts';
import { commandCodec, controlCommand, controlRecord, court, sensorStatus } from '../helpers/commands.ts';

/** Judges a record and keeps what follows from it, as a transaction that has been committed. */
async function settle(record: Parameters<typeof judge>[0], where: Court): Promise<Verdict> {
  const verdict = await judge(record, where);
  if (verdict.folded !== undefined) where.state.keep(verdict.folded);
  if (verdict.result !== undefined) where.state.keepAnswer(verdict.result.commandId, verdict.result.status);
  return verdict;
}

function outcome({ result }: Verdict) {
  return [result?.status, result?.reason];
}

test('a command to a sensor that is alive is accepted with the version that holds it', async () => {
  const command = controlCommand({ threshold: 200 });
  const { result, folded } = await judge(controlRecord(command, { offset: 41 }), court([sensorStatus()]));
  assert.deepEqual(result, {
    commandId: command.id,
    sensor: null,
    status: 'ACCEPTED',
    reason: null,
    configVersion: 41,
    time: 1_780_000_000_000,
    explanation: null,
  });
  assert.deepEqual(folded?.config.threshold, { value: 200, offset: 41 });
});

test('a command to a sensor that nobody knows, or that is away, is accepted and says that it waits', async () => {
  const unknown = await judge(controlRecord(controlCommand({ threshold: 1 })), court());
  assert.deepEqual(outcome(unknown), [
    'ACCEPTED',
    'no sensor edge1 has been seen yet: the command waits for it',
  ]);
  const where = court([sensorStatus()]);
  const away = { ...where.sensors, isAlive: () => false };
  const waiting = await judge(controlRecord(controlCommand({ threshold: 1 })), { ...where, sensors: away });
  assert.deepEqual(outcome(waiting), ['ACCEPTED', 'edge1 is not alive: the command waits for it']);
});

test('a second record with an id that has been answered is a duplicate, whatever is in it', async () => {
  const where = court([sensorStatus()]);
  const accepted = controlCommand({ threshold: 200 });
  const rejected = controlCommand({ threshold: -1 });
  for (const command of [accepted, rejected]) await settle(controlRecord(command), where);
  for (const [command, first] of [
    [accepted, 'ACCEPTED'],
    [rejected, 'REJECTED'],
  ] as const) {
    const again = await settle(controlRecord({ ...command, threshold: 7 }, { offset: 9 }), where);
    assert.equal(again.result?.status, 'DUPLICATE');
    assert.match(again.result.reason ?? '', new RegExp(`has been answered ${first}`));
    assert.equal(again.folded, undefined);
  }
  const broken = await settle(controlRecord(`{"id":"${accepted.id}"`, { offset: 10 }), where);
  assert.equal(broken.result?.status, 'DUPLICATE');
  assert.deepEqual(where.state.config('edge1')?.threshold, { value: 200, offset: 0 });
});

test('a command that its sender let expire is not carried out', async () => {
  const where = court([sensorStatus()]);
  const command = controlCommand({ threshold: 1, expiresAt: where.now - 1 });
  const { result, folded } = await judge(controlRecord(command), where);
  assert.equal(result?.status, 'EXPIRED');
  assert.match(result.reason ?? '', /until 2026-05-28T.*Z/);
  assert.equal(folded, undefined);
  const inTime = controlCommand({ threshold: 1, expiresAt: where.now });
  assert.equal((await judge(controlRecord(inTime), where)).result?.status, 'ACCEPTED');
});

test('what is wrong is rejected where an id can be read, and only told to the log otherwise', async () => {
  const where = court();
  const command = controlCommand({ threshold: -1 });
  const rejected = await judge(controlRecord(command), where);
  assert.deepEqual(outcome(rejected), [
    'REJECTED',
    'the threshold -1 is out of range – it must be 0 to 4294967295',
  ]);
  const cutOff = await judge(controlRecord(commandCodec.encode(command).subarray(0, 60)), where);
  assert.equal(cutOff.result?.commandId, command.id);
  for (const value of [null, '', 'garbage', Buffer.alloc(1_000_000, 0xff), '{"id":"\\u001b","sensor":"*"}']) {
    const { result, problem } = await judge(controlRecord(value), where);
    assert.equal(result, undefined);
    assert.match(problem ?? '', /./);
  }
});

test('an id that is no UUID is answered under that id', async () => {
  const value = '{"id":"1","sensor":"edge1","command":"clear-report"}';
  const { result } = await judge(controlRecord(value), court());
  assert.deepEqual([result?.commandId, result?.status], ['1', 'REJECTED']);
});

test('a device that a sensor alive does not have is refused, one that is wanted and away is not', async () => {
  const where = court([
    sensorStatus({
      devices: [{ device: 'usb0', wanted: 'auto', mode: null, programId: null, problem: 'waiting' }],
    }),
    sensorStatus({ sensor: 'edge2', presentDevices: ['ens3'], devices: [] }),
  ]);
  const attach = async (sensor: string, device: string) =>
    outcome(await judge(controlRecord(controlCommand({ sensor, command: 'attach', device })), where));
  assert.deepEqual(await attach('edge1', 'ethh0'), [
    'REJECTED',
    'edge1 has no device "ethh0" – it has lo, eth0, eth1',
  ]);
  assert.deepEqual(await attach('edge1', 'usb0'), ['ACCEPTED', null]);
  assert.deepEqual(await attach('*', 'ens3'), ['ACCEPTED', null]);
  assert.deepEqual(await attach('*', 'ens4'), [
    'REJECTED',
    'no sensor that is alive has a device "ens4" – see ticker_ctl status',
  ]);
  assert.equal((await attach('edge9', 'anything'))[0], 'ACCEPTED');
});

test('commands cannot name devices without end', async () => {
  const where = court();
  const attach = (device: string, offset: number) =>
    settle(controlRecord(controlCommand({ command: 'attach', device }), { offset }), where);
  for (let index = 0; index < 256; index += 1) {
    assert.equal((await attach(`dev${index}`, index)).result?.status, 'ACCEPTED');
  }
  assert.match((await attach('dev256', 256)).result?.reason ?? '', /named 256 devices of edge1 already/);
  assert.equal((await attach('dev0', 257)).result?.status, 'ACCEPTED');
});

test('the ignore list of no sensor gets more prefixes than the kernel holds', async () => {
  const where = court([
    sensorStatus({ ownPrefixes: ['198.51.100.0/24'] }),
    sensorStatus({ sensor: 'edge2' }),
  ]);
  for (let index = 0; index < mostIgnored - 1; index += 1) where.state.keepPrefix(ignored('*', index));
  const add = async (sensor: string, ...prefixes: string[]) => {
    const record = controlRecord(controlCommand({ sensor, command: 'ignore-add', prefixes }));
    return outcome(await judge(record, where));
  };
  assert.match(
    String(await add('edge1', '203.0.113.1')),
    /REJECTED,the ignore list of edge1 would have 65537 prefixes, more than 65536 – remove some/,
  );
  assert.deepEqual(await add('edge1', '198.51.100.0/24', '10.0.0.0/32'), ['ACCEPTED', null]);
  assert.deepEqual(await add('edge2', '203.0.113.1'), ['ACCEPTED', null]);
  assert.match(String(await add('edge2', '203.0.113.1', '203.0.113.2')), /REJECTED,.*edge2/);
  assert.match(String(await add('*', '203.0.113.1')), /REJECTED,.*edge1 would have 65537/);

  where.state.keepPrefix({ ...ignored('edge1', 5), ignored: false, offset: 9 });
  assert.deepEqual(await add('*', '203.0.113.1'), ['ACCEPTED', null]);
});

function ignored(sensor: string, index: number): IgnorePrefix {
  return { sensor, prefix: `10.0.${index >> 8}.${index & 255}/32`, ignored: true, offset: 0 };
}
