import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { enumerators } from '../../src/producer/native.ts';
import type { Cleanup } from './cleanup.ts';
import type { FuzzedFrame } from './frame-fuzz.ts';

const program = new URL('../../build/fuzz/frames', import.meta.url).pathname;
const requestHeader = 8;
const allReplies = Buffer.alloc(requestHeader);
/** struct reply of fuzz/frames.c. */
export const replySize = 48;

/** What the kernel program did with a frame. */
export interface Reply {
  /** Bits of enum statistic, lower and upper 32, that have grown … */
  grown: [number, number];
  /** … and by more than one. */
  twice: [number, number];
  address: Buffer;
  /** Bytes that lay in the first buffer. */
  linear: number;
  port: number;
  kinds: number;
  flags: number;
  verdict: number;
  isAltered: boolean;
}

/** The kernel program in a process of its own, fed with batches of frames; fuzz/frames.c says what `first` and `later` mean. */
export class FrameRunner {
  readonly #child: ChildProcess;
  readonly #replies: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(t: Cleanup, mode: 'first' | 'later') {
    this.#child = spawn(program, [mode], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.#child;
    if (stdin === null || stdout === null) throw new Error('no pipes');
    stdin.on('error', () => {}); // it has ended: seen where its replies are missing
    this.#replies = stdout[Symbol.asyncIterator]();
    const ended = once(this.#child, 'exit');
    t.after(async () => {
      this.#child.kill('SIGKILL');
      await ended;
    });
  }

  /** The replies in the order of the frames. */
  async run(frames: readonly FuzzedFrame[]): Promise<Reply[]> {
    this.#child.stdin?.write(Buffer.concat([...frames.flatMap(request), allReplies]));
    const bytes = await this.#read(frames.length * replySize);
    return frames.map((_, index) => readReply(bytes.subarray(index * replySize, (index + 1) * replySize)));
  }

  async #read(size: number): Promise<Buffer> {
    const chunks = [this.#rest];
    let length = this.#rest.length;
    while (length < size) {
      const { value, done } = await this.#replies.next();
      if (done) throw new Error(`the frame runner has ended after ${length} of ${size} bytes`);
      chunks.push(value);
      length += value.length;
    }
    const all = Buffer.concat(chunks);
    this.#rest = all.subarray(size);
    return all;
  }
}

export function request({ frame, linear }: FuzzedFrame): Buffer[] {
  const header = Buffer.allocUnsafe(requestHeader);
  header.writeUInt32LE(frame.length, 0);
  header.writeUInt32LE(linear, 4);
  return [header, frame];
}

export function readReply(bytes: Buffer): Reply {
  return {
    grown: [bytes.readUInt32LE(0), bytes.readUInt32LE(4)],
    twice: [bytes.readUInt32LE(8), bytes.readUInt32LE(12)],
    address: bytes.subarray(16, 32),
    linear: bytes.readUInt32LE(32),
    port: bytes.readUInt16BE(36),
    kinds: bytes.readUInt16LE(38),
    flags: bytes.readUInt8(40),
    verdict: bytes.readUInt8(41),
    isAltered: bytes.readUInt8(42) === 1,
  };
}

const statistics = Object.entries(enumerators('statistic')).map(([name, bit]) => ({
  name: name.slice('STAT_'.length),
  bit,
}));

/** The names of statistics, without STAT_, whose bits are set. */
export function statisticNames([low, high]: [number, number]): string[] {
  const isSet = (bit: number) => ((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 1;
  return statistics.filter(({ bit }) => isSet(bit)).map(({ name }) => name);
}

const kinds = Object.entries(enumerators('kind'));

export function kindNames(bits: number): string[] {
  return kinds.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name.slice('KIND_'.length));
}

const tools = Object.entries(enumerators('tool'));
const toolShift = enumerators('flag')['FLAG_TOOL_SHIFT'] ?? 0;

export function toolName(flags: number): string {
  return tools.find(([, value]) => value === flags >> toolShift)?.[0] ?? '';
}
