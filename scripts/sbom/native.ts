import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from './packages.ts';

interface Library {
  name: string;
  /** Where its version is in the names of what is fetched. */
  pattern: RegExp;
  license: string;
}

const sources = join(import.meta.dirname, '../package/sources.txt');

/** Libraries in the package's addon, and those that it is linked with: of these a machine may have newer ones. */
const libraries: readonly Library[] = [
  {
    name: 'libbpf',
    pattern: /libbpf-sys-[\d.]+\+v([\d.]+)\.crate/,
    license: 'LGPL-2.1-only OR BSD-2-Clause',
  },
  {
    name: 'libstdc++',
    pattern: /libstdc\+\+-\d+-dev_([\d.]+)/,
    license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
  },
  {
    name: 'elfutils',
    pattern: /libelf1_([\d.]+)/,
    license: 'GPL-2.0-or-later OR LGPL-3.0-or-later',
  },
  { name: 'zlib', pattern: /zlib1g_([\d.]+)\.dfsg/, license: 'Zlib' },
];

/** The libraries of the package's addon, as scripts/package/sources.txt names them. */
export function nativeComponents(): Component[] {
  const fetched = readFileSync(sources, 'utf8');
  return libraries.map(({ name, pattern, license }) => {
    const version = pattern.exec(fetched)?.[1];
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
