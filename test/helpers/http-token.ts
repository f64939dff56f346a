import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What HTTP clients of a test have to send. */
export const token = '0123456789abcdef0123456789abcdef';

/** A file with the token. Removed with the test. */
export function tokenFile(t: Cleanup): string {
  const directory = temporaryDirectory('port-ticker-token-');
  t.after(() => directory.remove());
  const path = join(directory.path, 'token');
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return path;
}

/** A command, as the page sends it. */
export async function postCommand(
  url: string,
  body: object,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<Response> {
  return fetch(`${url}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
