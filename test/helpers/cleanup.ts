import type { TestContext } from 'node:test';

/** Where helpers leave what is to be done when the test ends: a TestContext, or what `lastFirst` returns. */
export type Cleanup = Pick<TestContext, 'after'>;

/**
 * Undoes in reverse order, and all of it also when something fails: node:test itself takes hooks in the order they
 * were left, and stops at the first failure. Takes the context of a test, or node:test's own `after` for those of a file.
 */
export function lastFirst(t: { after: (hook: () => unknown) => void }): Cleanup {
  const hooks: (() => unknown)[] = [];
  t.after(async () => {
    const errors: unknown[] = [];
    for (let hook = hooks.pop(); hook !== undefined; hook = hooks.pop()) {
      try {
        await hook();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'cleaning up failed');
  });
  return {
    after: (hook) => {
      if (hook !== undefined) hooks.push(hook as () => unknown);
    },
  };
}
