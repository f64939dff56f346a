import { readFileSync } from 'node:fs';

/** Resident memory of a process: now, and the most that it has ever had; MB. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string): number => {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return Math.round((Number(kilobytes) * 1024) / 1_000_000);
  };
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
