import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is used of package-lock.json, version 3: packages by their folder, '' for the product itself. */
export interface Lock {
  packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  version?: string;
  license?: string;
  /** sha512-BASE64. */
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Component {
  type: 'application' | 'library';
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  scope?: 'required' | 'optional';
  licenses: { license: { id: string } }[] | { expression: string }[];
  hashes?: { alg: 'SHA-512'; content: string }[];
}

export interface Bill {
  bomFormat: 'CycloneDX';
  specVersion: '1.5';
  version: 1;
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

export function readLock(): Lock {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'));
}

/** The packages that a lock file installs at users, and what else is given, each with what it depends on. */
export function bill(lock: Lock, native: readonly Component[]): Bill {
  const shipped = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
  const components = new Map(shipped.map(([path, locked]) => [path, component(path, locked)]));
  const product = components.get('');
  if (product === undefined) throw new Error('package-lock.json does not say what the product is');
  components.delete('');
  const dependencies = shipped.map(([path, locked]) => ({
    ref: path === '' ? product['bom-ref'] : reference(path, locked),
    dependsOn: dependenciesOf(path, locked, lock)
      .map((each) => reference(each, lock.packages[each]))
      .concat(path === '' ? native.map((each) => each['bom-ref']) : []),
  }));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...product, type: 'application' } },
    components: [...components.values(), ...native],
    dependencies,
  };
}

function component(path: string, locked: LockedPackage): Component {
  const { version = '', license = '', integrity, optional } = locked;
  return {
    type: 'library',
    'bom-ref': reference(path, locked),
    name: nameOf(path),
    version,
    purl: `pkg:npm/${nameOf(path).replace('@', '%40')}@${version}`,
    scope: optional === true ? 'optional' : 'required',
    licenses: license.includes(' ') ? [{ expression: license }] : [{ license: { id: license } }],
    ...(integrity === undefined ? {} : { hashes: [{ alg: 'SHA-512', content: hexadecimal(integrity) }] }),
  };
}

/** Folders of what a package asks for: each is looked for beside the package and then further up, as Node does. */
function dependenciesOf(path: string, locked: LockedPackage, { packages }: Lock): string[] {
  const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies });
  return names.flatMap((name) => {
    for (let above = path; ; above = above.slice(0, Math.max(0, above.lastIndexOf('node_modules/') - 1))) {
      const found = `${above === '' ? '' : `${above}/`}node_modules/${name}`;
      if (packages[found] !== undefined) return [found];
      if (above === '') return []; // optional, and for another machine
    }
  });
}

function reference(path: string, locked: LockedPackage | undefined): string {
  return `${nameOf(path)}@${locked?.version}`;
}

function nameOf(path: string): string {
  return path === '' ? 'port-ticker' : path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function hexadecimal(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
}
