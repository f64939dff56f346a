import { readdirSync } from 'node:fs';
import { compareTexts } from '../../common/compare-texts.ts';
import { type Examine, type Group, groups } from './finding.ts';

/** What a file of checks/ exports. */
interface CheckFile {
  group: Group;
  /** What holds when it is OK. */
  doc: string;
  examine: Examine;
}

export interface Check extends CheckFile {
  /** The name of its file. Stable: scripts and --skip name checks by it. */
  id: string;
}

const folder = new URL('./checks/', import.meta.url);
const files = readdirSync(folder).filter((file) => /^[a-z-]+\.[jt]s$/.test(file));

/** Every check is a file of its own in checks/, which is all that there is to a new one. */
export const checkIds: readonly string[] = files.map((file) => file.slice(0, -'.ts'.length)).sort();

/** All of them in the order of the output: by group, and first what the group is named for. */
export async function loadChecks(): Promise<Check[]> {
  const checks = await Promise.all(files.map(load));
  const orderOf = ({ id, group }: Check) => `${groups.indexOf(group)} ${id === group ? '' : id}`;
  return checks.sort((a, b) => compareTexts(orderOf(a), orderOf(b)));
}

async function load(file: string): Promise<Check> {
  const { group, doc, examine }: CheckFile = await import(new URL(file, folder).href);
  return { id: file.slice(0, -'.ts'.length), group, doc, examine };
}
