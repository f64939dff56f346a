import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the condition holds; fails after `deadline` ms, naming what it waited for. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadline = 10_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain until ${what}`);
    await sleep(10);
  }
}
