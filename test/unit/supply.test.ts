import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bill, type Component, readLock } from '../../scripts/sbom/packages.ts';

const root = join(import.meta.dirname, '../..');
const lock = readLock();
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
const native: Component = {
  ...{ type: 'library', 'bom-ref': 'libx@1', name: 'libx', version: '1', purl: 'pkg:generic/libx@1' },
  licenses: [{ license: { id: 'Zlib' } }],
};

test('no package runs a script when it is installed', () => {
  const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  assert.deepEqual(scripted, []);
});

test('every package is known by the hash of its bytes, and those that the product asks for by one version', () => {
  for (const [path, { integrity }] of installed) assert.match(integrity ?? '', /^sha512-/, path);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version);
  }
});

test('the bill of materials has everything that is shipped, with licence and hash, and nothing else', () => {
  const { metadata, components } = bill(lock, [native]);
  assert.equal(metadata.component.name, 'port-ticker');
  const expected = installed.filter(([, { dev }]) => dev !== true).map(([, { version }]) => version);
  assert.deepEqual(components.map(({ version }) => version).sort(), [...expected, '1'].sort());
  for (const { name, purl, licenses, hashes } of components) {
    assert.match(purl, /^pkg:(npm|generic)\/(%40[\w.-]+\/)?[\w.-]+@[\w.-]+$/);
    assert.equal(licenses.length, 1, name);
    if (name !== 'libx') assert.match(hashes?.[0]?.content ?? '', /^[0-9a-f]{128}$/, name);
  }
  assert.ok(components.some(({ name, scope }) => name === 'kafkajs' && scope === 'required'));
  assert.ok(!components.some(({ name }) => name === 'typescript'));
});

test('what depends on what is in it, down to the last package', () => {
  const { metadata, components, dependencies } = bill(lock, [native]);
  const known = new Set(components.map((each) => each['bom-ref']));
  const dependsOn = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const visit = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const each of dependsOn.get(ref) ?? []) visit(each);
  };
  visit(metadata.component['bom-ref']);
  reached.delete(metadata.component['bom-ref']);
  assert.deepEqual([...reached].sort(), [...known].sort());
});
