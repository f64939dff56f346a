import { execFileSync } from 'node:child_process';
import { describe } from '../../src/common/errors.ts';
import { boot, here, type Kernel } from './machine.ts';

/*
 * Loads, attaches and runs the kernel program on the kernel that runs here, and on Debian's in virtual machines without
 * hardware support: a minute each. Prints what each of them did, and ends with 1 when one of them failed.
 */
try {
  const kernels = [await here()];
  show(kernels[0]);
  for (const image of fetchImages()) {
    const kernel = await boot(image);
    kernels.push(kernel);
    show(kernel);
  }
  process.exitCode = kernels.every(isGood) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
}

function fetchImages(): string[] {
  const script = new URL('./fetch.sh', import.meta.url).pathname;
  const output = execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return output.split('\n').filter((line) => line !== '');
}

function isGood({ lines, frames, agreeing }: Kernel): boolean {
  return (
    lines.length > 0 && lines.every((line) => line.startsWith('ok')) && frames > 0 && agreeing === frames
  );
}

function show(kernel: Kernel | undefined): void {
  if (kernel === undefined) return;
  const { where, release, lines, frames, agreeing, remarks } = kernel;
  const ran = frames === 0 ? 'no frames run' : `${agreeing} of ${frames} frames judged as they should be`;
  const text = [
    `Linux ${release} (${where}): ${isGood(kernel) ? 'works' : 'FAILS'}`,
    ...lines,
    ran,
    ...remarks,
  ];
  process.stdout.write(`${text.join('\n  ')}\n`);
}
