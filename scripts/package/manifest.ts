import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lock } from '../sbom/packages.ts';

/** What is used of package.json. */
export interface Manifest {
  version: string;
  bin: Readonly<Record<string, string>>;
  [field: string]: unknown;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
}

/**
 * package.json as users get it. gypfile: npm would otherwise want to compile where it sees an addon, and warn that it
 * may not.
 */
export function shippedManifest(manifest: Manifest): Manifest {
  const { private: _private, scripts: _scripts, devDependencies: _development, ...shipped } = manifest;
  const bin = Object.entries(manifest.bin).map(([name, path]) => [name, built(path)]);
  return { ...shipped, version: manifest.version, bin: Object.fromEntries(bin), gypfile: false };
}

/** npm-shrinkwrap.json: users get the versions that were tested, down to the last, each known by its hash. */
export function shippedLock(lock: Lock, manifest: Manifest): object {
  const { name, version, license, dependencies, bin, engines, os } = shippedManifest(manifest);
  const packages = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return {
    ...{ name, version, lockfileVersion: 3, requires: true },
    packages: {
      '': { name, version, license, dependencies, bin, engines, os },
      ...Object.fromEntries(packages),
    },
  };
}

function built(path: string): string {
  return path.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js');
}
