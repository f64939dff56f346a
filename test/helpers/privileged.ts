/**
 * For the `skip` of tests that load kernel programs: the reason to skip them, false where they can run. In
 * continuous integration nothing is skipped, they fail instead.
 */
export const unprivileged: string | false =
  process.getuid?.() === 0 || process.env['CI'] !== undefined ? false : 'needs root';
