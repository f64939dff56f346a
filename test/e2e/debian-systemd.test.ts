import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootedDebian } from '../helpers/booted-debian.ts';
import { lastFirst } from '../helpers/cleanup.ts';
import { Debian } from '../helpers/debian.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { makeDebianPackage } from '../helpers/package.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { relay } from '../helpers/relay.ts';
import { device, ScanStack, scanner4, target4 } from '../helpers/scan-stack.ts';

const minute = 60_000;
const producer = 'port-ticker-producer.service';
const consumer = 'port-ticker-consumer.service';

/** It makes a Debian, which takes minutes. */
if (isFull) {
  privilegedTest('systemd runs the units of the Debian package, which count, stop and go', async (t) => {
    const cleanup = lastFirst(t);
    const debian = await Debian.make(cleanup);
    await debian.install('systemd', 'iproute2');
    await debian.installFile(await makeDebianPackage());
    const stack = await ScanStack.create(cleanup);
    await relay(cleanup, stack.sandbox, stack.target, stack.settings['KAFKA_BROKERS'] ?? '');
    const settings = ['KAFKA_BROKERS', 'TOPIC_PREFIX', 'SENSOR_ID', 'DEVICES'];
    const lines = settings.map((name) => `PORT_TICKER_${name}=${stack.settings[name]}`);
    writeFileSync(join(debian.root, 'etc/port-ticker/environment'), lines.join('\n'));
    const booted = await BootedDebian.boot(cleanup, debian, stack.target);

    const journal = () => booted.run('journalctl', '--boot', '--unit=port-ticker-*', '--output=cat');
    const hasProgram = async () => (await booted.run('ip', 'link', 'show', device)).includes('prog/xdp');
    try {
      await booted.run('systemctl', 'enable', '--now', producer, consumer);
      for (const url of ['http://127.0.0.1:8480/readyz', 'http://127.0.0.1:8481/readyz']) {
        await eventually(`${url} is ready`, () => answers(stack, url), minute);
      }
      assert.ok(await hasProgram());
      await stack.nmap(target4, '-sS', '-p1-100');
      const report = () => booted.run('env', ...lines, 'ticker_ctl', '-d', device, '-l');
      const isReported = async () => (await report()).includes(scanner4);
      await eventually('the scan is in the report', isReported, minute);

      await booted.run('systemctl', 'restart', producer);
      await eventually('the sensor goes on', async () => /going on with epoch/.test(await journal()), minute);

      await booted.run('systemctl', 'stop', producer, consumer);
      for (const unit of [producer, consumer]) {
        const ended = await booted.run('systemctl', 'show', '--property=Result,NRestarts', unit);
        assert.deepEqual(ended.trim().split('\n').sort(), ['NRestarts=0', 'Result=success'], unit);
      }
      assert.ok(await hasProgram(), 'the program counts on');
    } catch (error) {
      t.diagnostic(await journal());
      throw error;
    }

    await booted.run('apt-get', 'purge', '--yes', 'port-ticker');
    assert.ok(!(await hasProgram()), 'the program goes with the package');
    assert.doesNotMatch(await booted.run('cat', '/proc/mounts'), /port-ticker/);
    assert.equal(
      await booted.run('systemctl', 'list-units', '--all', '--plain', '--no-legend', '*port*ticker*'),
      '',
    );
  });
}

async function answers(stack: ScanStack, url: string): Promise<boolean> {
  return stack.target.exec('curl', ['--silent', '--fail', '--max-time', '5', url]).then(
    () => true,
    () => false,
  );
}
