import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from '../../test/helpers/cleanup.ts';
import { Sandbox } from '../../test/helpers/sandbox.ts';
import { temporaryDirectory } from '../../test/helpers/temporary-directory.ts';
import { judge, requests } from './frames.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const built = join(root, 'build/kernels');
const busybox = '/bin/busybox';
/** Of a boot, without hardware support; ms. */
const patience = 300_000;
const maxBuffer = 2 ** 26;

/** What a kernel did. */
export interface Kernel {
  where: string;
  release: string;
  /** What kernels/check.c printed. */
  lines: string[];
  frames: number;
  /** Frames of which verdict, statistics and table say what they should. */
  agreeing: number;
  remarks: string[];
}

/** The kernel that runs here. */
export async function here(): Promise<Kernel> {
  const hooks: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (hook) => hooks.push(hook as () => unknown) };
  try {
    const sandbox = await Sandbox.create(cleanup);
    const inside = [
      '-n',
      'sh',
      '-c',
      'ip link set lo up && exec "$@"',
      'sh',
      join(built, 'check'),
      sandbox.bpffs,
    ];
    const checked = await run('unshare', inside).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? '',
    }));
    const replies = execFileSync(join(built, 'frames'), ['first'], { input: requests, maxBuffer });
    return { where: 'here', release: release(), ...read(checked.stdout), ...judge(replies) };
  } finally {
    for (const hook of hooks) await hook();
  }
}

/** A kernel image, booted in a virtual machine with nothing but what it checks. */
export async function boot(image: string): Promise<Kernel> {
  const directory = temporaryDirectory('port-ticker-kernel-');
  try {
    const initrd = await pack(directory.path);
    const machine = ['-accel', 'tcg', '-cpu', 'max', '-m', '768', '-net', 'none', '-nographic', '-no-reboot'];
    const kernel = ['-kernel', image, '-initrd', initrd, '-append', 'console=ttyS0 quiet panic=-1'];
    const { stdout } = await run('qemu-system-x86_64', [...machine, ...kernel], {
      timeout: patience,
      maxBuffer,
    });
    const text = stdout.replaceAll('\r', '');
    const replies = /begin of replies\n([A-Za-z0-9+/=\n]*)end of replies/.exec(text)?.[1] ?? '';
    return {
      where: 'virtual machine',
      release: /kernel (\S+)\n/.exec(text)?.[1] ?? basename(image),
      ...read(text),
      ...judge(Buffer.from(replies, 'base64')),
    };
  } finally {
    await directory.remove();
  }
}

function read(output: string): Pick<Kernel, 'lines'> {
  return { lines: output.split('\n').filter((line) => /^(ok|missing): /.test(line)) };
}

/** The initial file system: an archive of a few files. */
async function pack(directory: string): Promise<string> {
  const files = join(directory, 'files');
  mkdirSync(join(files, 'bin'), { recursive: true });
  copyFileSync(busybox, join(files, 'bin/busybox'));
  copyFileSync(join(root, 'kernels/init'), join(files, 'init'));
  chmodSync(join(files, 'init'), 0o755);
  for (const program of ['check', 'frames']) copyFileSync(join(built, program), join(files, program));
  writeFileSync(join(files, 'requests'), requests);
  const initrd = join(directory, 'initrd');
  await run('sh', ['-c', 'cd "$1" && find . | "$2" cpio -o -H newc > "$3"', 'sh', files, busybox, initrd]);
  return initrd;
}
