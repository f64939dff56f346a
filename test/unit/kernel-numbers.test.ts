import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { kernelNumbers } from '../../src/common/kernel-numbers.ts';

test('TypeScript has the numbers that the kernel program was built with', () => {
  const header = readFileSync(new URL('../../xdp/event.h', import.meta.url), 'utf8').replaceAll('\\\n', ' ');
  for (const [name, value] of Object.entries(kernelNumbers)) {
    const [, defined] = new RegExp(`^#define ${name}\\s+(\\w+)`, 'm').exec(header) ?? [];
    assert.equal(Number(defined), value, name);
  }
});
