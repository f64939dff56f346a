import type { Inspector } from './inspector.ts';

/** Sets the wall clock of a running program to the machine's and so many ms, as if somebody had set the machine's. */
export async function setClock(inspector: Inspector, offset: number): Promise<void> {
  await inspector.evaluate(`
    globalThis.trueNow ??= Date.now;
    Date.now = () => globalThis.trueNow.call(Date) + ${offset};
    undefined
  `);
}
