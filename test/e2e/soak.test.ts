import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { isFull } from '../helpers/full.ts';
import { Inspector, inspectable } from '../helpers/inspector.ts';
import { privilegedTest } from '../helpers/privileged.ts';
import { type Resources, resourcesOf } from '../helpers/resources.ts';
import { device, reportRow, ScanStack, target4 } from '../helpers/scan-stack.ts';
import { Service } from '../helpers/service.ts';

const minutes = Number(process.env['PORT_TICKER_TEST_SOAK'] ?? (isFull ? 20 : 0.2));
const samples = isFull ? 120 : 8;
/** Always the same, so that report and table do not grow. */
const sources = Array.from({ length: 12 }, (_, index) => `10.77.0.${10 + index}`);
/** What may come on top from the first to the last quarter, MB. Resident memory grows with the code that V8 compiles. */
const allowance = { resident: 15, heap: 2, external: 2 };

privilegedTest(`memory, files, handles and BPF objects are flat over ${minutes} min of scans`, async (t) => {
  const stack = await ScanStack.create(t);
  for (const source of sources) {
    await stack.scanner.exec('ip', ['address', 'add', `${source}/24`, 'dev', 'scan0']);
  }
  const programs = [await Soaked.start(t, 'consumer', stack), await Soaked.start(t, 'producer', stack)];
  const [consumer] = programs;
  for (let round = 0; round < 2; round += 1) for (const source of sources) await scan(stack, source);
  const interval = (minutes * 60_000) / samples;
  for (let sample = 0; sample < samples; sample += 1) {
    const end = Date.now() + interval;
    await stack.command('-d', device, '-t', String(20 + (sample % 2)));
    do await scan(stack, sources[sample % sources.length] ?? '');
    while (Date.now() < end);
    for (const program of programs) await program.sample();
  }
  for (const program of programs) program.assertFlat(t);
  for (const source of sources) {
    assert.ok(consumer !== undefined && (await reportRow(consumer.service, source)) !== undefined, source);
  }
});

async function scan(stack: ScanStack, source: string): Promise<void> {
  await stack.nmap(target4, '-sS', '-S', source, '-e', 'scan0', '-T5', '-p', '1-300');
}

/** A program that is looked at again and again. */
class Soaked {
  readonly service: Service;
  readonly #name: string;
  readonly #inspector: Inspector;
  readonly #samples: Resources[] = [];

  static async start(t: TestContext, name: 'producer' | 'consumer', stack: ScanStack): Promise<Soaked> {
    const service = new Service(t, name, stack.settings, [], inspectable);
    const inspector = await Inspector.of(t, service.program);
    await service.ready();
    return new Soaked(name, service, inspector);
  }

  private constructor(name: string, service: Service, inspector: Inspector) {
    this.#name = name;
    this.service = service;
    this.#inspector = inspector;
  }

  /** Also asks it as people and machines do. */
  async sample(): Promise<void> {
    for (const path of ['/metrics', '/readyz', '/api/report']) await this.service.get(path);
    this.#samples.push(await resourcesOf(this.service.program.pid, this.#inspector));
  }

  assertFlat(t: TestContext): void {
    const quarter = Math.floor(this.#samples.length / 4);
    const [first, last] = [this.#samples.slice(0, quarter), this.#samples.slice(-quarter)];
    const of = (name: keyof Resources, all: readonly Resources[]) => all.map((each) => each[name]);
    for (const name of ['resident', 'heap', 'external', 'files', 'handles', 'bpf'] as const) {
      const line = of(name, this.#samples).map((value) => Math.round(value * 10) / 10);
      t.diagnostic(`${this.#name} ${name}: ${line.join(' ')}`);
    }
    for (const [name, growth] of Object.entries(allowance) as [keyof typeof allowance, number][]) {
      const [before, after] = [median(of(name, first)), median(of(name, last))];
      assert.ok(after - before <= growth, `${this.#name}: ${name} has grown from ${before} to ${after} MB`);
    }
    // connections come and go, what leaks only comes
    for (const name of ['files', 'handles', 'bpf'] as const) {
      const [before, after] = [Math.max(...of(name, first)), Math.min(...of(name, last))];
      assert.ok(after <= before, `${this.#name}: ${name} have grown from ${before} to ${after}`);
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
