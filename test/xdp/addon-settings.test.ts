import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAddress } from '../../src/common/address.ts';
import { ethernet, icmp, ipv4, ipv6, tcp } from '../helpers/frame.ts';
import { XDP_DROP, XDP_PASS } from '../helpers/kernel.ts';
import { openSensor, scan } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { Sandbox } from '../helpers/sandbox.ts';

const settings = { threshold: 20, idleTicks: 0, icmpEnable: false, countAll: false };
const limit = 65_536;

describe('settings', { skip: unprivileged }, () => {
  test('of new maps are the defaults: threshold 20, ICMP requests dropped', async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    assert.equal(sensor.testRun(ethernet(ipv4({}, icmp(8)))).verdict, XDP_DROP);
    scan(sensor, '10.0.0.1', 21);
    assert.equal(sensor.counters().sequence, 0);
    scan(sensor, '10.0.0.1', 1, 22);
    assert.equal(sensor.counters().sequence, 1);
  });

  test('that are written are in force for the next packet, again and again', async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    for (const icmpEnable of [true, false, false, true, true, false]) {
      sensor.writeSettings({ ...settings, icmpEnable });
      const { verdict } = sensor.testRun(ethernet(ipv4({}, icmp(8))));
      assert.equal(verdict, icmpEnable ? XDP_PASS : XDP_DROP);
    }
    sensor.writeSettings({ ...settings, threshold: 2 ** 32 - 1 });
    scan(sensor, '10.0.0.1', 100);
    assert.equal(sensor.counters().sequence, 0);
    sensor.writeSettings({ ...settings, threshold: 0 });
    scan(sensor, '10.0.0.2', 2);
    assert.equal(sensor.counters().sequence, 1);
  });

  test('outlive the process', async (t) => {
    const sandbox = await Sandbox.create(t);
    const first = openSensor(t, sandbox);
    first.writeSettings({ ...settings, icmpEnable: true });
    first.close();
    const second = openSensor(t, sandbox);
    assert.equal(second.testRun(ethernet(ipv4({}, icmp(8)))).verdict, XDP_PASS);
  });

  test('that are malformed are refused, and change nothing', async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    for (const wrong of [{ threshold: 2 ** 32 }, { threshold: 1.5 }, { idleTicks: -1 }, { icmpEnable: 1 }]) {
      const malformed = { ...settings, icmpEnable: true, ...wrong } as typeof settings;
      assert.throws(() => sensor.writeSettings(malformed), {
        code: 'EINVAL',
        message: /write the settings: /,
      });
    }
    const throwing = {
      ...settings,
      get threshold(): number {
        throw new Error('from the getter');
      },
    };
    assert.throws(() => sensor.writeSettings(throwing), { message: 'from the getter' });
    assert.equal(sensor.testRun(ethernet(ipv4({}, icmp(8)))).verdict, XDP_DROP);
  });
});

describe('the ignore list', { skip: unprivileged }, () => {
  test('keeps sources of its prefixes from being counted, IPv4 and IPv6, until they are removed', async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    const probe = (source: string, to: number) =>
      sensor.testRun(
        ethernet(source.includes(':') ? ipv6({ source }, tcp({ to })) : ipv4({ source }, tcp({ to }))),
      );
    const prefixes = pack(['10.1.0.0', 16], ['2001:db8:1::', 48]);

    sensor.ignoreAdd(prefixes);
    for (const source of ['10.1.2.3', '2001:db8:1::5']) probe(source, 1);
    assert.equal(sensor.sourceCount(), 0);
    assert.equal(sensor.testRun(ethernet(ipv4({ source: '10.1.2.3' }, icmp(8)))).verdict, XDP_PASS);
    for (const source of ['10.2.2.3', '2001:db8:2::5']) probe(source, 1);
    assert.equal(sensor.sourceCount(), 2);

    sensor.ignoreRemove(prefixes);
    for (const source of ['10.1.2.3', '2001:db8:1::5']) probe(source, 2);
    assert.equal(sensor.sourceCount(), 4);
  });

  test('lists what it has, each once, without host bits, and keeps it for the next process', async (t) => {
    const sandbox = await Sandbox.create(t);
    const first = openSensor(t, sandbox);
    assert.deepEqual(unpack(first.ignoreList()), []);
    first.ignoreAdd(
      pack(['10.1.2.3', 16], ['10.1.0.0', 16], ['10.1.2.3', 32], ['0.0.0.0', 0], ['2001:db8::7', 65]),
    );
    first.ignoreAdd(pack(['10.1.9.9', 16]));
    const expected = ['0.0.0.0/0', '10.1.0.0/16', '10.1.2.3/32', '2001:0db8:0:0:0:0:0:0/65'].sort();
    assert.deepEqual(unpack(first.ignoreList()), expected);
    first.close();

    const second = openSensor(t, sandbox);
    assert.deepEqual(unpack(second.ignoreList()), expected);
    second.ignoreRemove(pack(['10.1.0.0', 16], ['10.77.0.0', 16]));
    assert.deepEqual(
      unpack(second.ignoreList()),
      expected.filter((prefix) => prefix !== '10.1.0.0/16'),
    );
  });

  test(`takes ${limit} prefixes of both kinds together, and says so when it is full`, async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    const half = Array.from({ length: limit / 2 }, (_, index) => index);
    sensor.ignoreAdd(pack(...half.map((index) => [`10.0.${index >> 8}.${index & 255}`, 32] as const)));
    sensor.ignoreAdd(pack(...half.map((index) => [`2001:db8::${index.toString(16)}`, 128] as const)));
    assert.equal(sensor.ignoreList().length, limit * 18);

    sensor.ignoreAdd(pack(['10.0.0.1', 32]));
    assert.throws(() => sensor.ignoreAdd(pack(['10.0.0.1', 32], ['192.0.2.1', 32])), {
      code: 'ENOSPC',
      message: /add 1 prefixes to the ignore list: it has 65536 of at most 65536/,
      remedy: /remove some/,
    });
    sensor.ignoreRemove(pack(['10.0.0.1', 32]));
    sensor.ignoreAdd(pack(['192.0.2.1', 32]));
    assert.equal(sensor.ignoreList().length, limit * 18);
  });

  test('refuses what is no prefix, and adds nothing of the batch', async (t) => {
    const sensor = openSensor(t, await Sandbox.create(t));
    const [good, tooLong, family] = [pack(['10.0.0.1', 32]), pack(['10.0.0.2', 32]), pack(['10.0.0.3', 32])];
    tooLong[1] = 33;
    family[0] = 5;
    for (const wrong of [tooLong, family, good.subarray(1)]) {
      assert.throws(() => sensor.ignoreAdd(Uint8Array.from([...good, ...wrong])), { code: 'SETTINGS' });
    }
    assert.equal(sensor.ignoreList().length, 0);
  });
});

/** As addon.d.ts has it: family, bits, 16 bytes of address. */
function pack(...prefixes: (readonly [address: string, bits: number])[]): Uint8Array {
  const packed = new Uint8Array(18 * prefixes.length);
  prefixes.forEach(([address, bits], index) => {
    const bytes = parseAddress(address);
    const isIpv6 = address.includes(':');
    packed.set([isIpv6 ? 6 : 4, bits, ...(isIpv6 ? bytes : bytes.subarray(12))], 18 * index);
  });
  return packed;
}

function unpack(packed: Uint8Array): string[] {
  return Array.from({ length: packed.length / 18 }, (_, index) => {
    const [family, bits, ...address] = packed.subarray(18 * index, 18 * (index + 1));
    if (family === 4) return `${address.slice(0, 4).join('.')}/${bits}`;
    const words = Buffer.from(address).toString('hex').match(/.{4}/g) ?? [];
    return `${words.map((word) => (word === '0000' ? '0' : word)).join(':')}/${bits}`;
  }).sort();
}
