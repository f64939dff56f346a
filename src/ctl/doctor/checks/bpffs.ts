import { accessSync, constants, statfsSync } from 'node:fs';
import { type Examine, type Finding, fail, type Group, ok } from '../finding.ts';
import { looking, nearestExisting } from '../pin-directory.ts';

export const group: Group = 'machine';
export const doc = 'the pin directory is, or can be made, on a bpf file system';

/** BPF_FS_MAGIC of linux/magic.h. */
const bpfFileSystem = 0xcafe_4a11;

export const examine: Examine = ({ place: { pinDir } }): Finding => {
  const existing = nearestExisting(pinDir);
  if (looking(existing, () => statfsSync(existing).type) !== bpfFileSystem) {
    return fail(
      `${pinDir}: ${existing} is not on a bpf file system`,
      'mount one (mount -t bpf bpf /sys/fs/bpf) and let PORT_TICKER_PIN_DIR name a directory below it',
    );
  }
  if (pinDir.slice(existing.length).includes('.')) {
    return fail(
      `${pinDir} cannot be made: a bpf file system allows no dot in a name`,
      'let PORT_TICKER_PIN_DIR name a path without one',
    );
  }
  if (!isWritable(existing)) {
    return fail(
      `this user may not write ${existing}`,
      'make it writable for the producer, or mount a bpf file system of its own and let PORT_TICKER_PIN_DIR name it',
    );
  }
  return ok(existing === pinDir ? pinDir : `${pinDir} can be made`);
};

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
