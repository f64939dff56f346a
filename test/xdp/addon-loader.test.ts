import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAddon } from '../../src/common/addon.ts';
import { enumerators, field, size } from '../../src/producer/native.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';

test('the layout comes from the types of the kernel program', () => {
  assert.equal(size('event'), 128);
  assert.equal(field('event', 'sequence', 8), 0);
  assert.equal(field('event', 'source', size('source')), 64);
  assert.equal(enumerators('reason')['REASON_COUNT_FINAL'], 4);
  assert.equal(enumerators('statistic')['STAT_PACKETS_IPV4'], 0);
});

test('a field of another size, or that is not there, is a mismatch that names both sides', () => {
  assert.throws(() => field('event', 'sequence', 4), {
    code: 'LAYOUT_MISMATCH',
    message: 'event.sequence: 4 bytes expected, the kernel program has 8 bytes',
    remedy: /make build/,
  });
  assert.throws(() => field('source', 'colour', 2), {
    code: 'LAYOUT_MISMATCH',
    message: 'source.colour: 2 bytes expected, the kernel program has no such field',
  });
});

test('an addon that is missing, or is none, says what helps', async (t) => {
  assert.throws(() => loadAddon('/nowhere/port_ticker.node'), {
    code: 'ADDON',
    message: 'loading the native addon /nowhere/port_ticker.node',
    remedy: 'Build it: `make build`.',
  });
  const directory = temporaryDirectory('port-ticker-loader-');
  t.after(() => directory.remove());
  const broken = join(directory.path, 'broken.node');
  writeFileSync(broken, 'not an addon');
  assert.throws(() => loadAddon(broken), { code: 'ADDON', remedy: /libbpf/ });
});
