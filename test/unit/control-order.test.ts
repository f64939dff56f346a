import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControlCommand } from '../../src/common/control/records.ts';
import { describe } from '../../src/common/errors.ts';
import { orderOf } from '../../src/consumer/control/order.ts';
import { controlCommand } from '../helpers/commands.ts';

const right: [Partial<ControlCommand>, object][] = [
  [
    { command: 'attach', device: 'eth0' },
    { command: 'attach', device: 'eth0', mode: 'auto' },
  ],
  [
    { command: 'attach', device: 'eth0.7', mode: 'skb' },
    { command: 'attach', device: 'eth0.7', mode: 'skb' },
  ],
  [
    { command: 'detach', device: 'eth0' },
    { command: 'detach', device: 'eth0' },
  ],
  [
    { command: 'set-threshold', threshold: 0 },
    { command: 'set-threshold', value: 0 },
  ],
  [
    { command: 'set-threshold', threshold: 0xffff_ffff },
    { command: 'set-threshold', value: 0xffff_ffff },
  ],
  [{ command: 'set-threshold' }, { command: 'set-threshold', value: null }],
  [
    { command: 'set-icmp', icmpEnable: false },
    { command: 'set-icmp', value: false },
  ],
  [
    { command: 'set-count-policy', countPolicy: 'all' },
    { command: 'set-count-policy', value: 'all' },
  ],
  [
    { command: 'set-idle-reset', idleReset: 2_592_000 },
    { command: 'set-idle-reset', value: 2_592_000 },
  ],
  [
    { command: 'ignore-add', prefixes: ['192.0.2.1', '2001:DB8::/32', '192.0.2.1/32', '::ffff:10.0.0.1'] },
    { command: 'ignore-add', prefixes: ['192.0.2.1/32', '2001:db8::/32', '10.0.0.1/32'] },
  ],
  [
    { command: 'reset-source', source: '2001:DB8:0::1' },
    { command: 'reset-source', source: '2001:db8::1' },
  ],
  [{ command: 'clear-report' }, { command: 'clear-report' }],
  [
    { command: 'explain', source: '192.0.2.1' },
    { command: 'explain', source: '192.0.2.1' },
  ],
];

for (const [given, expected] of right) {
  test(`${JSON.stringify(given)} is understood`, () => {
    assert.deepEqual(orderOf(controlCommand(given), ''), expected);
  });
}

const wrong: [Partial<ControlCommand>, RegExp][] = [
  [{ id: '' }, /the id is no UUID – .*uuidgen/],
  [{ id: '123' }, /the id is no UUID/],
  [{ sensor: 'a/b' }, /sensor id is malformed/],
  [{ sensor: 'x'.repeat(65) }, /sensor id is malformed/],
  [{ command: 'set-treshold' }, /no command "set-treshold" – did you mean set-threshold\?/],
  [{ command: 'reboot\u001b[2J' }, /no command "reboot\?\[2J" – use one of attach,/],
  [{ command: 'attach' }, /the device is missing/],
  [{ command: 'attach', device: '' }, /no name of a network device/],
  [{ command: 'attach', device: '..' }, /no name of a network device/],
  [{ command: 'attach', device: 'a/b' }, /no name of a network device/],
  [{ command: 'attach', device: 'x'.repeat(16) }, /no name of a network device/],
  [{ command: 'attach', device: 'eth0', mode: 'hw' }, /no mode "hw" – use auto, driver or skb/],
  [{ command: 'detach', device: 'eth0', mode: 'skb' }, /detach has no argument mode/],
  [
    { command: 'set-threshold', threshold: -1 },
    /the threshold -1 is out of range – it must be 0 to 4294967295/,
  ],
  [{ command: 'set-threshold', threshold: 2 ** 32 }, /out of range/],
  [{ command: 'set-threshold', threshold: 1, device: 'eth0' }, /set-threshold has no argument device/],
  [{ threshold: 1, expiresAt: -1 }, /expiresAt -1 is no time/],
  [{ threshold: 1, issuedAt: Number.MAX_SAFE_INTEGER }, /issuedAt 9007199254740991 is no time/],
  [{ command: 'set-count-policy', countPolicy: 'none' }, /no count policy "none"/],
  [{ command: 'set-idle-reset', idleReset: 2_592_001 }, /out of range – it must be 0 to 2592000/],
  [{ command: 'ignore-add' }, /the prefixes are missing/],
  [{ command: 'ignore-add', prefixes: [] }, /the prefixes are missing/],
  [{ command: 'ignore-add', prefixes: ['192.0.2.0/33'] }, /"192\.0\.2\.0\/33" is not an address prefix/],
  [{ command: 'ignore-add', prefixes: ['192.0.2.1/24'] }, /did you mean 192\.0\.2\.0\/24\?/],
  [{ command: 'ignore-remove', prefixes: ['\u001b[2J'] }, /"\?\[2J" is no address prefix/],
  [{ command: 'ignore-add', prefixes: new Array(1_001).fill('192.0.2.1') }, /1001 prefixes are too many/],
  [{ command: 'reset-source' }, /the source is missing/],
  [{ command: 'explain', source: 'example.org' }, /"example.org" is no IP address/],
  [{ command: 'explain', source: '192.0.2.0/24' }, /no IP address/],
  [{ command: 'clear-report', source: '192.0.2.1' }, /clear-report has no argument source/],
];

for (const [given, message] of wrong) {
  test(`${JSON.stringify(given).slice(0, 80)} is refused with the reason`, () => {
    assert.throws(
      () => orderOf(controlCommand(given), ''),
      (error) => {
        assert.match(describe(error), message);
        return true;
      },
    );
  });
}

test('the key of the record is its sensor, or nothing', () => {
  const command = controlCommand({ sensor: '*' });
  assert.deepEqual(orderOf(command, '*'), orderOf(command, ''));
  assert.throws(() => orderOf(command, 'edge1'), { message: /key is not its sensor \*/ });
});
