import { readFileSync } from 'node:fs';

/** ms in one of the kernel's ticks, as /proc counts them on every architecture. */
const tick = 10;

/** What a process has taken of the processors so far, in user space and in the kernel; ms. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may have spaces
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number);
  return (user + system) * tick;
}
