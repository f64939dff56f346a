import { readFileSync, statSync } from 'node:fs';
import { looking } from './pin-directory.ts';

export interface Holder {
  pid: string;
  /** Its command line; '' where that cannot be read. */
  command: string;
}

/**
 * Who holds the lock of a pin directory; undefined: nobody that can be seen from here. A line of /proc/locks:
 * `1: FLOCK  ADVISORY  WRITE 42 00:1b:3 0 EOF`, the device in hexadecimal digits. Throws NOT_ALLOWED.
 */
export function lockHolder(directory: string): Holder | undefined {
  const file = looking(directory, () => statSync(directory, { throwIfNoEntry: false, bigint: true }));
  if (file === undefined) return undefined;
  const wanted = `${hex(major(file.dev))}:${hex(minor(file.dev))}:${file.ino}`;
  for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
    const [, kind, , , pid = '', inode] = line.trim().split(/\s+/);
    if (kind === 'FLOCK' && inode === wanted) return { pid, command: commandOf(pid) };
  }
  return undefined;
}

/** How the C library packs a device number into 64 bits. */
function major(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minor(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}

function hex(value: bigint): string {
  return value.toString(16).padStart(2, '0');
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
