import { readFileSync } from 'node:fs';
import type { Component } from './packages.ts';

interface Library {
  name: string;
  header: string;
  pattern: RegExp;
  license: string;
  /** What the header leaves out. */
  prefix?: string;
}

/** Libraries that xdp/Makefile links the addon with, and where the headers on this machine say their version. */
const libraries: readonly Library[] = [
  {
    name: 'libbpf',
    header: '/usr/include/bpf/libbpf_version.h',
    pattern: /MAJOR_VERSION (\d+)[\s\S]*MINOR_VERSION (\d+)/,
    license: 'LGPL-2.1-only OR BSD-2-Clause',
  },
  {
    name: 'elfutils',
    header: '/usr/include/elfutils/version.h',
    pattern: /_ELFUTILS_VERSION\s+(\d+)/,
    prefix: '0.',
    license: 'GPL-2.0-or-later OR LGPL-3.0-or-later',
  },
  { name: 'zlib', header: '/usr/include/zlib.h', pattern: /ZLIB_VERSION "([\d.]+)"/, license: 'Zlib' },
];

/** The libraries that the addon is linked with on this machine. */
export function nativeComponents(): Component[] {
  return libraries.map(({ name, header, pattern, license, prefix }) => {
    const numbers = pattern.exec(readFileSync(header, 'utf8'))?.slice(1);
    if (numbers === undefined) throw new Error(`${header} names no version of ${name}`);
    const version = (prefix ?? '') + numbers.join('.');
    return {
      type: 'library',
      'bom-ref': `${name}@${version}`,
      name,
      version,
      purl: `pkg:generic/${name}@${version}`,
      scope: 'required',
      licenses: license.includes(' ') ? [{ expression: license }] : [{ license: { id: license } }],
    };
  });
}
