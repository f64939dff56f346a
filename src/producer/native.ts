import type {
  Addon,
  AttachMode,
  Attachment,
  Layout,
  Leftover,
  LinkWatch,
  NativeError,
  Sensor,
  SensorOptions,
} from '../../xdp/addon/addon.d.ts';
import { addonPath, loadAddon } from '../common/addon.ts';
import { TickerError } from '../common/errors.ts';

const addon = loadAddon(addonPath);

/** Opens a sensor whose failures are TickerErrors. */
export function openNative(options: SensorOptions): Sensor {
  return translated(() => new TranslatedSensor(options));
}

/** Watches the devices of a network namespace, by its path; null: of this process' own. */
export function watchLinks(netns: string | null): LinkWatch {
  return translated(() => (netns === null ? new addon.LinkWatch() : new addon.LinkWatch(netns)));
}

/** `remove` of the addon, with TickerErrors. */
export function removeNative(options: Parameters<Addon['remove']>[0]): string[] {
  return translated(() => addon.remove(options));
}

/** Bytes of a structure. */
export function size(struct: keyof Layout['structs']): number {
  return addon.layout.structs[struct].size;
}

/** Where a field lies in its structure, in bytes. `expected`: the bytes that the caller is going to read. */
export function field(struct: keyof Layout['structs'], name: string, expected: number): number {
  const found = addon.layout.structs[struct].fields[name];
  if (found?.size === expected) return found.offset;
  const actual = found === undefined ? 'no such field' : `${found.size} bytes`;
  throw new TickerError(`${struct}.${name}: ${expected} bytes expected, the kernel program has ${actual}`, {
    code: 'LAYOUT_MISMATCH',
    remedy: 'Addon and TypeScript are of different versions: build again with `make build`.',
  });
}

/** The values of an enum by their names in C. */
export function enumerators(name: keyof Layout['enums']): Readonly<Record<string, number>> {
  return addon.layout.enums[name];
}

/** A Ring is left as it is: it fails only by misuse. */
class TranslatedSensor extends addon.Sensor {
  override restorePins(): boolean {
    return translated(() => super.restorePins());
  }

  override attach(device: string, mode: AttachMode): Attachment {
    return translated(() => super.attach(device, mode));
  }

  override detach(device: string): void {
    translated(() => super.detach(device));
  }

  override attachments(): Attachment[] {
    return translated(() => super.attachments());
  }

  override ignoreAdd(prefixes: Uint8Array): void {
    translated(() => super.ignoreAdd(prefixes));
  }

  override ignoreRemove(prefixes: Uint8Array): void {
    translated(() => super.ignoreRemove(prefixes));
  }

  override removeOthers(): Leftover[] {
    return translated(() => super.removeOthers());
  }

  override unpin(): void {
    translated(() => super.unpin());
  }
}

/** Codes of the addon that users meet, as codes of the project. Any other stays what it is. */
const codes: Readonly<Record<string, string>> = {
  ENODEV: 'UNKNOWN_DEVICE',
  EBUSY: 'DEVICE_BUSY',
  EMODE: 'MODE_UNSUPPORTED',
  ERANGE: 'MODE_UNSUPPORTED',
  ENOCAP: 'NO_CAPABILITY',
  EOLDKERNEL: 'OLD_KERNEL',
  EINVAL: 'SETTINGS',
  ENETNS: 'SETTINGS',
  ENOBPFFS: 'NO_BPFFS',
  EACCES: 'BPFFS_READONLY',
  EROFS: 'BPFFS_READONLY',
  ELOCKED: 'LOCKED',
  EPINS: 'PINS',
  EVERIFIER: 'VERIFIER',
};

function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const code = codes[error.code] ?? error.code;
    throw new TickerError(error.message, { code, remedy: error.remedy, cause: error });
  }
}

function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && error.name === 'NativeError';
}
