import type { Expectation } from './first-packet-model.ts';

/** Known defects: frames of these kinds are taken for something else than they are; see test/fuzz/frames.test.ts. */
export function isMisjudged({ dissection: { transport } }: Expectation): boolean {
  if (transport === undefined || transport.flags === null) return false;
  const hasNoDataOffset = (transport.bytes[12] ?? 0) >> 4 === 0;
  return transport.isFragment || hasNoDataOffset;
}
