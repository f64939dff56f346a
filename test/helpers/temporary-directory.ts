import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new directory that goes with remove(), and also when this process dies, even by SIGKILL. */
export function temporaryDirectory(prefix: string): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const removal = spawn('sh', ['-c', removalScript, 'sh', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  removal.unref();
  return {
    path,
    async remove() {
      if (removal.exitCode !== null || removal.signalCode !== null) return;
      removal.ref();
      removal.stdin.end();
      await once(removal, 'exit');
    },
  };
}

/**
 * The end of its standard input tells that this process is gone. What is mounted in the directory goes first. Others may
 * still be writing: hence the repetition.
 */
const removalScript = `
  cat
  for path in "$1"/*; do mountpoint -q "$path" && umount --lazy "$path"; done
  for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.2; done
`;
