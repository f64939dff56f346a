import { expectation } from '../../test/helpers/first-packet-model.ts';
import { fuzzedFrames } from '../../test/helpers/frame-fuzz.ts';
import { readReply, replySize, request, statisticNames } from '../../test/helpers/frame-runner.ts';
import { XDP_DROP, XDP_PASS } from '../../test/helpers/kernel.ts';
import { randomOf } from '../../test/helpers/random.ts';
import type { Kernel } from './machine.ts';

const count = 2_000;
/** The same frames on every kernel. */
const seed = 1;
const shown = 3;

const frames = Array.from(take(fuzzedFrames(randomOf(seed)), count), ({ frame }) => ({ frame, linear: 0 }));

/** For fuzz/frames.c. */
export const requests = Buffer.concat(frames.flatMap(request));

/** Compares verdict and statistics with what they should be. */
export function judge(replies: Buffer): Pick<Kernel, 'frames' | 'agreeing' | 'remarks'> {
  const answered = Math.floor(replies.length / replySize);
  const remarks: string[] = [];
  for (const [index, { frame }] of frames.slice(0, answered).entries()) {
    const reply = readReply(replies.subarray(index * replySize, (index + 1) * replySize));
    const expected = expectation(frame, reply.linear);
    const { grown, isDropped } = expected;
    const seen = statisticNames(reply.grown).filter((name) => name !== 'SOCKET_LOOKUPS');
    const isRight =
      reply.verdict === (isDropped ? XDP_DROP : XDP_PASS) && `${seen.sort()}` === `${grown.toSorted()}`;
    if (!isRight)
      remarks.push(`frame ${frame.toString('hex')}: verdict ${reply.verdict}, ${seen} for ${grown}`);
  }
  return { frames: answered, agreeing: answered - remarks.length, remarks: remarks.slice(0, shown) };
}

function* take<T>(items: Iterable<T>, limit: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    yield item;
    taken += 1;
    if (taken === limit) return;
  }
}
