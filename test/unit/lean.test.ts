import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Prints how much room the newborn have after a while of many that survive for a while; MB. */
const churn = `
  import { getHeapSpaceStatistics } from 'node:v8';
  let kept = [];
  for (let index = 0; index < 2_000_000; index += 1) {
    kept.push({ index, list: [index] });
    if (kept.length > 300_000) kept = kept.slice(150_000);
  }
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(Math.round(space_size / 1e6));
`;
/** As JavaScript: the stripping of types makes newborn objects of its own, before the flags are set. */
const source = readFileSync(new URL('../../src/common/lean.ts', import.meta.url), 'utf8');
const lean = `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(source))}`;

test('the space of the newborn grows to many megabytes, unless it is told not to', async () => {
  assert.ok((await megabytes(churn)) > 20);
  assert.ok((await megabytes(`import { stayLean } from "${lean}"; stayLean(); ${churn}`)) < 10);
});

async function megabytes(script: string): Promise<number> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...['--input-type=module', '--eval', script],
  ]);
  assert.equal(stderr, '', 'a flag that this version of V8 does not know');
  return Number(stdout);
}
