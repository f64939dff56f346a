import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from './packages.ts';

interface Library {
  name: string;
  /** Debian's package of it. */
  package: string;
  license: string;
}

const sources = join(import.meta.dirname, '../package/sources.txt');

/** A version as the library's authors count it, within Debian's: 1:1.2.11.dfsg-2. */
const upstream = /^(?:\d+:)?(\d+(?:\.\d+)*)/;

/** Libraries in the package's addon, and those that it is linked with: of these a machine may have newer ones. */
const libraries: readonly Library[] = [
  {
    name: 'libbpf',
    package: 'libbpf',
    license: 'LGPL-2.1-only OR BSD-2-Clause',
  },
  {
    name: 'libstdc++',
    package: 'libstdc++-10-dev',
    license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
  },
  {
    name: 'elfutils',
    package: 'libelf1',
    license: 'GPL-2.0-or-later OR LGPL-3.0-or-later',
  },
  { name: 'zlib', package: 'zlib1g', license: 'Zlib' },
];

/** The libraries of the package's addon, as scripts/package/sources.txt names them. */
export function nativeComponents(): Component[] {
  const lines = readFileSync(sources, 'utf8').split('\n');
  const fetched = new Map(
    lines.map((line) => line.split(/ +/)).map(([, each, version = '']) => [each, version]),
  );
  return libraries.map(({ name, package: packaged, license }) => {
    const version = upstream.exec(fetched.get(packaged) ?? '')?.[1];
    if (version === undefined) throw new Error(`${sources} names no version of ${name}`);
    return {
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      purl: `pkg:generic/${encodeURIComponent(name)}@${version}`,
      scope: 'required',
      licenses: license.includes(' ') ? [{ expression: license }] : [{ license: { id: license } }],
    };
  });
}
