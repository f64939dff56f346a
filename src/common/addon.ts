import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Addon } from '../../xdp/addon/addon.d.ts';
import { TickerError } from './errors.ts';

const root = join(import.meta.dirname, '../..');
/** Only the package has this folder. */
const prebuilds = join(root, 'prebuilds');
const isPackage = existsSync(prebuilds);

/** Where the addon for this machine is, or would be. */
export const addonPath = isPackage
  ? join(prebuilds, `${process.platform}-${process.arch}`, 'port_ticker.node')
  : join(root, 'build/port_ticker.node');

/** Loads an addon by its path; a TickerError of code ADDON says what helps. */
export function loadAddon(path: string): Addon {
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const isMissing = !existsSync(path);
    throw new TickerError(`loading the native addon ${path}`, {
      code: 'ADDON',
      remedy: isPackage ? remedies.package(isMissing) : remedies.source(isMissing),
      cause: isMissing ? new Error('there is no such file') : cause,
    });
  }
}

const fromSource = 'run port-ticker from its source, where `make build` builds it';

const remedies = {
  package: (isMissing: boolean) =>
    isMissing
      ? `The package has it for Linux on x64 and arm64 only. Elsewhere ${fromSource}.`
      : 'It needs libelf.so.1 and libz.so.1 (Debian: apt install libelf1 zlib1g; Fedora: dnf install elfutils-libelf zlib), ' +
        `and glibc 2.28 or newer. With another C library ${fromSource}.`,
  source: (isMissing: boolean) =>
    isMissing ? 'Build it: `make build`.' : 'It needs libbpf (Debian: apt install libbpf1).',
};
