import { release } from 'node:os';
import { type Examine, fail, type Group, ok } from '../finding.ts';
import { kernelIsAtLeast } from '../kernel-version.ts';

export const group: Group = 'machine';
export const doc = 'Linux is 5.15 or newer';

export const examine: Examine = () =>
  kernelIsAtLeast(5, 15)
    ? ok(`Linux ${release()}`)
    : fail(`Linux ${release()} is too old`, 'boot Linux 5.15 or newer');
