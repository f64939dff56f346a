import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../helpers/free-port.ts';
import { assertFails, Machine, stackTrace } from '../helpers/machine.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { startProgram } from '../helpers/program.ts';
import { Service } from '../helpers/service.ts';

const passObject = fileURLToPath(new URL('../../build/bench/pass.bpf.o', import.meta.url));
const isAttached = /"attached to watch0 in driver mode/;
const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim();

privilegedTest('an unknown device is named, and no other device stays attached', async (t) => {
  const machine = await Machine.create(t);
  for (const devices of ['none0', 'watch0,none0', 'watch0,lo,watch0,none0']) {
    const producer = machine.producer({ DEVICES: devices });
    await assertFails(producer, 'UNKNOWN_DEVICE', /^attach none0: there is no such device.*`ip link`/);
    await machine.assertUntouched();
  }
});

privilegedTest('a device without driver mode is named, with the modes that do', async (t) => {
  const machine = await Machine.create(t);
  const producer = machine.producer({ DEVICES: 'watch0,lo', XDP_MODE: 'driver' });
  await assertFails(producer, 'MODE_UNSUPPORTED', /^attach lo in driver mode: .*XDP.*mode skb or auto/);
  await machine.assertUntouched();
});

privilegedTest(
  'a device with too few queues for driver mode is named, and takes skb mode by auto',
  async (t) => {
    const machine = await Machine.create(t);
    const queues = (count: string) => ['numtxqueues', count, 'numrxqueues', '1'];
    const peer = ['type', 'veth', 'peer', 'name', 'few1', ...queues('4')];
    await machine.target.exec('ip', ['link', 'add', 'few0', ...queues('1'), ...peer]);
    await assertFails(
      machine.producer({ DEVICES: 'watch0,few0', XDP_MODE: 'driver' }),
      'MODE_UNSUPPORTED',
      /^attach few0 in driver mode: .*mode skb or auto/,
    );
    await machine.assertUntouched();
    const producer = machine.producer({ DEVICES: 'few0' });
    await producer.program.says(/few0 has no driver mode: skb mode/);
  },
);

for (const mode of ['xdpdrv', 'xdpgeneric']) {
  privilegedTest(`an XDP program of another owner (${mode}) is named and stays in place`, async (t) => {
    const machine = await Machine.create(t);
    const theirs = [mode, 'object', passObject, 'section', 'xdp'];
    await machine.target.exec('ip', ['link', 'set', 'dev', 'watch1', ...theirs]);
    const before = await machine.attached();
    assert.match(before.join(), /^watch1 \d+$/);
    const producer = machine.producer({ DEVICES: 'watch0,watch1' });
    const id = before.join().slice('watch1 '.length);
    await assertFails(
      producer,
      'DEVICE_BUSY',
      new RegExp(`^attach watch1 .*XDP program ${id} of another owner.*xdp off`),
    );
    assert.deepEqual([await machine.attached(), machine.pinned()], [before, []]);
  });
}

for (const [dropped, missing, netns] of [
  ['-bpf,-sys_admin', 'CAP_BPF', false],
  ['-net_admin', 'CAP_NET_ADMIN', false],
  ['-perfmon,-sys_admin', 'CAP_PERFMON', false],
  ['-bpf,-net_admin,-perfmon,-sys_admin', 'CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON', false],
  ['-sys_admin', 'CAP_SYS_ADMIN (to enter a network namespace)', true],
] as const) {
  privilegedTest(`who lacks ${missing} is told so`, async (t) => {
    const machine = await Machine.create(t);
    const drop = ['setpriv', `--bounding-set=${dropped}`, `--inh-caps=${dropped}`];
    const producer = netns ? machine.producer({}, { wrapper: drop }) : machine.insider(drop);
    await assertFails(producer, 'NO_CAPABILITY', /^check the capabilities.*AmbientCapabilities=/);
    assert.ok(producer.program.stderr.includes(`missing ${missing} – `));
    await machine.assertUntouched();
  });
}

privilegedTest('without a bpf file system one is told how to mount it', async (t) => {
  const machine = await Machine.create(t);
  const pinDirectory = join(machine.sandbox.directory, 'pins');
  const producer = machine.producer({ PIN_DIR: pinDirectory });
  await assertFails(producer, 'NO_BPFFS', /is not on a bpf file system – Mount one \(mount -t bpf bpf /);
  assert.equal(existsSync(pinDirectory), false);
  await machine.assertUntouched();
});

privilegedTest('a bpf file system that this user may not write is named', async (t) => {
  const machine = await Machine.create(t);
  chmodSync(machine.sandbox.directory, 0o711);
  mkdirSync(machine.sandbox.pinDirectory, { mode: 0o755 });
  // reading everything lets this user reach the repository, wherever it lies
  const capabilities = '-all,+bpf,+net_admin,+perfmon,+dac_read_search';
  const become = ['setpriv', `--reuid=${nobody}`, '--clear-groups', `--inh-caps=${capabilities}`];
  const producer = machine.insider([...become, `--ambient-caps=${capabilities}`]);
  await assertFails(
    producer,
    'BPFFS_READONLY',
    /^use the pin directory .*: Permission denied – Make it writable/,
  );
  assert.deepEqual([await machine.attached(), machine.pinned()], [[], ['.']]);
});

privilegedTest('a read-only bpf file system is named', async (t) => {
  const machine = await Machine.create(t);
  execFileSync('mount', ['-o', 'remount,ro', machine.sandbox.bpffs]);
  await assertFails(machine.producer(), 'BPFFS_READONLY', /: Read-only file system – Make it writable/);
  await machine.assertUntouched();
});

privilegedTest('a kernel that says it is too old is named', async (t) => {
  const machine = await Machine.create(t);
  const producer = machine.producer({}, { wrapper: ['setarch', '--uname-2.6'] });
  await assertFails(producer, 'OLD_KERNEL', /^check the kernel's version: it is 2\.6\..* – Boot Linux 5\.15/);
  await machine.assertUntouched();
});

privilegedTest('an unknown network namespace is named', async (t) => {
  const machine = await Machine.create(t);
  const producer = machine.producer({ NETNS: '/run/netns/port-ticker-none' });
  await assertFails(
    producer,
    'SETTINGS',
    /port-ticker-none: No such file or directory – Name an existing one/,
  );
  await machine.assertUntouched();
});

privilegedTest(
  'a second producer on the same pins is refused, and harms the first one in nothing',
  async (t) => {
    const machine = await Machine.create(t);
    const first = machine.producer();
    await first.serving();
    await first.program.says(isAttached);
    const before = await machine.attached();
    const holder = new RegExp(`it is in use by process ${first.program.pid} \\(.*\\) – Stop that process`);
    await assertFails(machine.producer({ DEVICES: 'watch1' }), 'LOCKED', holder);
    assert.deepEqual(await machine.attached(), before);
    assert.match(before.join(), /^watch0 \d+$/);
    assert.match(await first.get('/healthz'), /ok/);
    assert.equal(await first.stop(), 0);
    await machine.assertUntouched();
  },
);

privilegedTest('an HTTP port that is taken is named, and nothing stays attached', async (t) => {
  const machine = await Machine.create(t);
  const first = machine.producer();
  const [, port = ''] = await first.program.says(/http:\/\/[\d.]+:(\d+)/);
  await first.program.says(isAttached);
  const other = { DEVICES: 'watch1', PIN_DIR: join(machine.sandbox.bpffs, 'other') };
  const second = machine.producer({ ...other, PRODUCER_HTTP_PORT: port });
  await assertFails(
    second,
    'LISTEN',
    new RegExp(`^cannot serve HTTP on 127.0.0.1 port ${port}: .*PORT_TICKER_HTTP_HOST`),
  );
  assert.match((await machine.attached()).join(), /^watch0 \d+$/);
  assert.equal(existsSync(other.PIN_DIR), false);
});

privilegedTest(
  'a start that does not fit what is pinned leaves that counting; one that fits goes on',
  async (t) => {
    const machine = await Machine.create(t);
    const first = machine.producer({}, { args: ['--stay-attached'] });
    await first.program.says(isAttached);
    assert.equal(await first.stop(), 0);
    const pins = machine.pinned();
    const larger = machine.producer({ MAX_SOURCES: '131072' });
    await assertFails(larger, 'PINS', /65536 there, 131072 was asked for – Ask for 65536, or remove/);
    assert.match((await machine.attached()).join(), /^watch0 \d+$/);
    assert.deepEqual(machine.pinned(), pins);
    const next = machine.producer();
    await next.program.says(/going on with epoch/);
    await next.program.says(isAttached);
    assert.equal(await next.stop(), 0);
    await machine.assertUntouched();
  },
);

privilegedTest('a login that is configured by half is named, and nothing stays attached', async (t) => {
  const machine = await Machine.create(t);
  const half = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'edge1' };
  await assertFails(
    machine.producer(half),
    'SETTINGS',
    /needs a user name and a password – .*_PASSWORD_FILE$/m,
  );
  await machine.assertUntouched();
  const missing = { ...half, KAFKA_SASL_PASSWORD_FILE: join(machine.sandbox.directory, 'none') };
  await assertFails(machine.producer(missing), 'SETTINGS', /PORT_TICKER_KAFKA_SASL_PASSWORD_FILE/);
  await machine.assertUntouched();
});

privilegedTest('where no broker listens, the producer counts, waits and says so', async (t) => {
  const machine = await Machine.create(t);
  const producer = machine.producer();
  await producer.program.says(isAttached);
  await assertWaits(producer, machine.settings.KAFKA_BROKERS);
  await machine.assertUntouched();
});

test('where no broker listens, the consumer waits and says so', async (t) => {
  const brokers = `127.0.0.1:${await freePort()}`;
  await assertWaits(new Service(t, 'consumer', { KAFKA_BROKERS: brokers }), brokers);
});

test('where no broker listens, ticker_ctl gives up and says so', async (t) => {
  const brokers = `127.0.0.1:${await freePort()}`;
  const ctl = startProgram(t, 'src/ctl/main.js', ['-d', 'watch0', '-l', '--brokers', brokers]);
  assert.equal(await ctl.exit(), 3);
  assert.match(ctl.stderr, new RegExp(`^Kafka at ${brokers} cannot be reached: [^\\n]* – check [^\\n]*\\n$`));
});

/** It lives and says what it waits for, and stops in good order. */
async function assertWaits(service: Service, brokers: string): Promise<void> {
  await service.serving();
  const reason = `Kafka at ${brokers} cannot be reached: .*ECONNREFUSED.* – check that it runs.*; trying again in`;
  await service.program.says(new RegExp(reason), 30_000);
  assert.equal(await service.get('/readyz'), '');
  assert.match(await service.get('/healthz'), /ok/);
  assert.equal(await service.stop(), 0);
  assert.equal(service.program.stderr, '');
  assert.doesNotMatch(service.program.stdout, stackTrace);
}
