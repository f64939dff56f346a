import { type TestContext, test } from 'node:test';

/**
 * For the `skip` of tests that load kernel programs: the reason to skip them, false where they can run. In
 * continuous integration nothing is skipped, they fail instead.
 */
export const unprivileged: string | false =
  process.getuid?.() === 0 || process.env['CI'] !== undefined ? false : 'needs root';

/** A test of the kernel part. */
export function privilegedTest(
  name: string,
  body: (t: TestContext) => Promise<void>,
  { todo }: { todo?: string } = {},
): void {
  test(name, { skip: unprivileged, ...(todo === undefined ? {} : { todo }) }, body);
}
