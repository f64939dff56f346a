import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

/** Removes the control groups of a name that no other has, and those below them, in each hierarchy, once they are empty. */
export async function removeControlGroups(name: string): Promise<void> {
  await eventually('the control groups are gone', async () => {
    const where = ['/sys/fs/cgroup', '-depth', '-type', 'd', '-path', `*/${name}*`];
    const { stdout } = await run('find', where);
    const groups = stdout.split('\n').filter(Boolean);
    for (const group of groups) await rmdir(group).catch(() => {}); // a process is in it, still
    return groups.every((group) => !existsSync(group));
  });
}
