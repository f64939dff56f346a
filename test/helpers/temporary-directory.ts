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
  // The end of its standard input tells it that this process is gone. Others may still write: hence the loop.
  const removal = spawn('sh', ['-c', 'cat; until rm -rf "$1"; do sleep 0.1; done', 'sh', path], {
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
