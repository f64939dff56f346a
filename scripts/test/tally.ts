import type { EventData, TestsStream } from 'node:test';

interface Duration {
  name: string;
  milliseconds: number;
}

/** Counts how tests ended, over several runs. A test that is still to do counts as skipped. */
export class Tally {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  readonly #durations: Duration[] = [];

  follow(events: TestsStream): void {
    events.on('test:pass', (test) => this.#pass(test));
    events.on('test:fail', (test) => this.#fail(test));
  }

  /** The tests that took longest, one line each. */
  longest(count: number): string[] {
    const sorted = this.#durations.toSorted((a, b) => b.milliseconds - a.milliseconds);
    return sorted
      .slice(0, count)
      .map(({ name, milliseconds }) => `${(milliseconds / 1000).toFixed(1).padStart(7)} s  ${name}`);
  }

  /** In the form that CI systems read. */
  verdict(): string {
    return `${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`;
  }

  /** A run that ran nothing is not a good one. */
  isGood(): boolean {
    return this.#failed === 0 && this.#passed > 0;
  }

  #pass({ name, file, skip, todo, details }: EventData.TestPass): void {
    if (skip !== undefined || todo !== undefined) {
      this.#skipped += 1;
      return;
    }
    const isFileWithoutTests = name === file;
    if (details.type === 'suite' || isFileWithoutTests) return;
    this.#passed += 1;
    this.#durations.push({ name, milliseconds: details.duration_ms });
  }

  #fail({ name, todo, details }: EventData.TestFail): void {
    if (todo !== undefined) {
      this.#skipped += 1;
      return;
    }
    if (details.type === 'suite' && failureType(details.error) === 'subtestsFailed') return;
    this.#failed += 1;
    this.#durations.push({ name, milliseconds: details.duration_ms });
  }
}

/** What the test runner found wrong; not part of Node's published types. */
function failureType(error: object): unknown {
  return 'failureType' in error ? error.failureType : undefined;
}
