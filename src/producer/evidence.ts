import type { Evidence } from '../common/event.ts';
import { kernelNumbers } from '../common/kernel-numbers.ts';
import { targetBits, targetsOfBits } from '../common/sketch.ts';
import { enumerators, field } from './native.ts';

const targetBytes = targetBits / 8;

const source = {
  kinds: field('source', 'kinds', 2),
  targets: field('source', 'targets', targetBytes),
  open: field('source', 'open', 1),
  score: field('source', 'score', 1),
  flags: field('source', 'flags', 1),
  closed: field('source', 'closed', 1),
};

const kinds = Object.entries(enumerators('kind')).map(([name, bit]) => ({ name: bare(name), bit }));
const tools = new Map(Object.entries(enumerators('tool')).map(([name, value]) => [value, bare(name)]));
const kindsBySet = new Map<number, string[]>();
const targetsBySet = Array.from({ length: targetBits + 1 }, (_, bits) => targetsOfBits(bits));
const flags = enumerators('flag');
const toolShift = flags['FLAG_TOOL_SHIFT'] ?? 0;
const toldClosed = flags['FLAG_TOLD_CLOSED'] ?? 0;

/** What struct source, at `at`, says beside the count. */
export function readEvidence(view: DataView, at: number): Evidence {
  const seen = view.getUint16(at + source.kinds, true);
  const marks = view.getUint8(at + source.flags);
  const tool = marks >> toolShift;
  const score = view.getInt8(at + source.score);
  return {
    kinds: kindsOf(seen),
    tool: tool === 0 ? null : (tools.get(tool) ?? null),
    score,
    closedPorts: view.getUint8(at + source.closed),
    openPorts: view.getUint8(at + source.open),
    targets: estimateTargets(view, at + source.targets),
    verdict: score >= kernelNumbers.SCORE_VERDICT || (marks & toldClosed) !== 0,
  };
}

/** One array for each set of kinds: few occur, and they occur again and again. */
function kindsOf(seen: number): string[] {
  const known = kindsBySet.get(seen);
  if (known !== undefined) return known;
  const names = kinds.filter(({ bit }) => (seen & bit) !== 0).map(({ name }) => name);
  kindsBySet.set(seen, names);
  return names;
}

function estimateTargets(view: DataView, at: number): number {
  let set = 0;
  for (let byte = 0; byte < targetBytes; byte += 1) {
    for (let bits = view.getUint8(at + byte); bits !== 0; bits >>= 1) set += bits & 1;
  }
  return targetsBySet[set] ?? 0;
}

/** "KIND_SYN" in C is "SYN" here. */
function bare(name: string): string {
  return name.slice(name.indexOf('_') + 1);
}
