import { release } from 'node:os';

/** Whether the running kernel is this version or a newer one. */
export function kernelIsAtLeast(major: number, minor: number): boolean {
  const [, thisMajor, thisMinor] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  return Number(thisMajor) > major || (Number(thisMajor) === major && Number(thisMinor) >= minor);
}
