import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Of all frames of a chain of calls, bytes: the kernel's limit. */
const stackLimit = 512;
/** Older kernels, 6.1 among them, round each frame up to as many bytes. */
const granule = 32;

/** The calls that are the deepest. */
const chains = [
  ['port_ticker', 'note_portless', 'admit', 'emit'],
  ['port_ticker', 'note_portless', 'is_listed'],
  ['port_ticker', 'judge'],
];

test('the deepest calls of the kernel program leave room on the stack of every kernel', () => {
  const frames = stackFrames();
  for (const chain of chains) {
    const bytes = chain.reduce((sum, name) => sum + roundUp(frames.get(name) ?? Number.NaN), 0);
    assert.ok(bytes <= stackLimit - granule, `${chain.join(' → ')}: ${bytes} bytes`);
  }
});

/** Bytes by function, as the compiler says them: FILE:LINE:FUNCTION<tab>BYTES<tab>static. */
function stackFrames(): Map<string, number> {
  const text = readFileSync(new URL('../../build/port_ticker.bpf.su', import.meta.url), 'utf8');
  return new Map(
    Array.from(text.matchAll(/^.*:(\w+)\t(\d+)\t/gm), ([, name = '', bytes]) => [name, Number(bytes)]),
  );
}

function roundUp(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / granule)) * granule;
}
