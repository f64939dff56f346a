import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fetchPackage } from '../helpers/package.ts';
import { project, readComposeFile } from './compose-file.ts';

/** Enumerations are texts in JSON. */
const check = `
import type { Dashboard } from '@grafana/schema';

type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

export const dashboard: Json<Dashboard> = `;

test("the dashboard is one by the schema of the demo's Grafana", async (t) => {
  const image = (await readComposeFile()).services['grafana']?.image ?? '';
  const schema = await fetchPackage(t, `@grafana/schema@${image.split(':')[1]}`);
  const file = join(schema, '../../../dashboard.ts');
  const dashboard = readFileSync(join(project, 'deploy/grafana/dashboards/port-ticker.json'), 'utf8');
  writeFileSync(file, `${check}${dashboard};\n`);
  const options = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --types'.split(' ');
  const tsc = promisify(execFile)(join(project, 'node_modules/.bin/tsc'), [...options, '', file]);
  await tsc.catch((error: { stdout: string }) => assert.fail(`${error}${error.stdout}`));
});
