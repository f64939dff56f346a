import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeComponents } from './native.ts';
import { bill, readLock } from './packages.ts';

/*
 * Writes what the product is made of, in CycloneDX: the npm packages of the lock file and the libraries that the addon
 * is linked with. The same lock and libraries give the same bytes.
 */
const build = join(import.meta.dirname, '../../build');
const file = join(build, 'sbom.cdx.json');
mkdirSync(build, { recursive: true });
writeFileSync(file, `${JSON.stringify(bill(readLock(), nativeComponents()), null, 2)}\n`);
process.stdout.write(`${file}\n`);
