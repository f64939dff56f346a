import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { replaceProgram } from '../helpers/foreign-program.ts';
import { openSensor, scan } from '../helpers/open-sensor.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { type Namespace, Sandbox } from '../helpers/sandbox.ts';

describe('when somebody meddles with the pins of a running sensor', { skip: unprivileged }, () => {
  test('nothing is done while all are there', async (t) => {
    const { sandbox } = await place(t);
    assert.equal(openSensor(t, sandbox).restorePins(), false);
  });

  for (const [what, remove] of [
    ['a map', (layout: string) => rmSync(join(layout, 'sources'))],
    ['an attachment', (layout: string) => rmSync(join(layout, 'link_lo'))],
    ['all in the directory', (layout: string) => removePins(layout)],
    ['the pin directory too', (layout: string) => rmSync(join(layout, '..'), { recursive: true })],
  ] as const) {
    test(`${what} that was removed is pinned again, and the next process goes on with it`, async (t) => {
      const { sandbox, target } = await place(t);
      const first = openSensor(t, sandbox, { netns: target.path });
      scan(first, '10.0.0.1');
      const attachment = first.attach('lo', 'auto');
      remove(layoutOf(sandbox));
      assert.equal(first.restorePins(), true);
      assert.equal(first.restorePins(), false);
      assert.deepEqual(first.attach('lo', 'auto'), attachment, 'it was attached all the time');
      const { epoch } = first;
      assert.throws(() => openSensor(t, sandbox), { code: 'LOCKED' });
      first.close();

      const second = openSensor(t, sandbox, { netns: target.path });
      assert.deepEqual(second.epoch, { ...epoch, resumed: true });
      assert.equal(second.sourceCount(), 1);
      assert.equal(second.attachments()[0]?.linkId, attachment.linkId);
    });
  }

  test('a sensor that has taken its place is left alone, and named', async (t) => {
    const { sandbox } = await place(t);
    const first = openSensor(t, sandbox);
    rmSync(sandbox.pinDirectory, { recursive: true });
    const usurper = openSensor(t, sandbox);
    assert.throws(() => first.restorePins(), { code: 'LOCKED', message: /in use by process/ });
    const { id } = usurper.epoch;
    usurper.close();
    assert.throws(() => first.restorePins(), { code: 'PINS', message: /another sensor has pinned its maps/ });
    first.close();
    assert.equal(openSensor(t, sandbox).epoch.id, id);
  });

  test('a bpf file system that was unmounted is named, and all is pinned again when one is back', async (t) => {
    const { sandbox } = await place(t);
    const sensor = openSensor(t, sandbox);
    const { id } = sensor.epoch;
    execFileSync('umount', ['--lazy', sandbox.bpffs]);
    assert.throws(() => sensor.restorePins(), { code: 'NO_BPFFS', message: /is not on a bpf file system/ });
    execFileSync('mount', ['-t', 'bpf', 'bpf', sandbox.bpffs]);
    assert.equal(sensor.restorePins(), true);
    sensor.close();
    assert.equal(openSensor(t, sandbox).epoch.id, id);
  });
});

describe('when somebody meddles with its attachments', { skip: unprivileged }, () => {
  test('a foreign program in its link gives way to its own', async (t) => {
    const { sandbox, target } = await place(t);
    const sensor = openSensor(t, sandbox, { netns: target.path });
    const before = sensor.attach('lo', 'auto');
    const foreign = replaceProgram(join(layoutOf(sandbox), 'link_lo'), join(sandbox.bpffs, 'foreign'));
    assert.equal(sensor.attachments()[0]?.programId, foreign);
    const { linkId, ...after } = sensor.attach('lo', 'auto');
    assert.deepEqual({ ...after, linkId: before.linkId }, before);
    assert.notEqual(linkId, before.linkId);
  });

  test('a device that was renamed is let go of, and may be watched under its new name', async (t) => {
    const { sandbox, target } = await place(t);
    const sensor = openSensor(t, sandbox, { netns: target.path });
    await target.exec('ip', ['link', 'add', 'old0', 'type', 'veth', 'peer', 'name', 'peer0']);
    sensor.attach('old0', 'driver');
    await target.exec('ip', ['link', 'set', 'old0', 'name', 'new0']);
    assert.throws(() => sensor.attach('old0', 'driver'), { code: 'UNKNOWN_DEVICE' });
    assert.deepEqual(sensor.attachments(), []);
    assert.equal(sensor.attach('new0', 'driver').device, 'new0');
  });
});

async function place(t: TestContext): Promise<{ sandbox: Sandbox; target: Namespace }> {
  const sandbox = await Sandbox.create(t);
  return { sandbox, target: await sandbox.namespace('target') };
}

function layoutOf({ pinDirectory }: Sandbox): string {
  const [layout = ''] = readdirSync(pinDirectory);
  return join(pinDirectory, layout);
}

function removePins(layout: string): void {
  for (const name of readdirSync(layout)) rmSync(join(layout, name));
}
