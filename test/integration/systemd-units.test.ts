import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { exitCodes } from '../../src/common/errors.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '../../deploy/systemd');
const unit = (program: string) => join(folder, `port-ticker-${program}.service`);

for (const [program, limit] of [
  ['producer', 2.0],
  ['consumer', 1.5],
] as const) {
  test(`the unit of the ${program} is exposed by at most ${limit.toFixed(1)} of 10`, async (t) => {
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', unit(program)]);
    const [line = '', level] = /Overall exposure level for .*: ([\d.]+)/.exec(stdout) ?? [];
    t.diagnostic(line);
    assert.ok(Number(level) > 0 && Number(level) <= limit, stdout);
  });

  test(`systemd finds nothing wrong with the unit of the ${program}`, async (t) => {
    const directory = temporaryDirectory('port-ticker-units-');
    t.after(() => directory.remove());
    // The programs are not installed where the tests run.
    const installed = readFileSync(unit(program), 'utf8').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true');
    const copy = join(directory.path, basename(unit(program)));
    writeFileSync(copy, installed);
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', copy]);
    assert.equal(stdout + stderr, '');
  });

  test(`the ${program} is not started again and again by mistakes that only people mend`, () => {
    const [, codes = ''] = /^RestartPreventExitStatus=(.*)$/m.exec(readFileSync(unit(program), 'utf8')) ?? [];
    const { USAGE, SETTINGS, NO_CAPABILITY, OLD_KERNEL } = exitCodes;
    const lasting = program === 'producer' ? [USAGE, SETTINGS, NO_CAPABILITY, OLD_KERNEL] : [USAGE, SETTINGS];
    assert.deepEqual(codes.split(' ').map(Number).sort(), lasting.sort());
  });
}

test('systemd finds nothing wrong with the bpf file system of the sensor', async () => {
  const mount = join(folder, 'run-port\\x2dticker.mount');
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', mount]);
  assert.equal(stdout + stderr, '');
});

test('the sensor has the three capabilities that it needs, and the consumer none', () => {
  const three = 'CAP_BPF CAP_NET_ADMIN CAP_PERFMON';
  for (const [program, capabilities] of [
    ['producer', three],
    ['consumer', ''],
  ] as const) {
    const text = readFileSync(unit(program), 'utf8');
    assert.ok(text.includes(`\nAmbientCapabilities=${capabilities}\n`));
    assert.ok(text.includes(`\nCapabilityBoundingSet=${capabilities}\n`));
  }
});
