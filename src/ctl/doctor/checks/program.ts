import { join } from 'node:path';
import type { Addon, NativeError } from '../../../../xdp/addon/addon.d.ts';
import { addonPath, loadAddon } from '../../../common/addon.ts';
import { type Examine, type Finding, findingOf, type Group, ok } from '../finding.ts';
import { nearestExisting } from '../pin-directory.ts';

export const group: Group = 'machine';
export const doc = 'the kernel accepts the program, loaded on trial and attached to nothing';

/** The smallest table; sources. */
const maxSources = 4_096;
const ringBytes = 65_536;

export const examine: Examine = ({ place: { pinDir } }): Finding => {
  const directory = nearestExisting(pinDir);
  let addon: Addon;
  try {
    addon = loadAddon(addonPath);
  } catch (error) {
    return findingOf(error, 'FAIL');
  }
  try {
    tryOut(addon, join(directory, `doctor-${process.pid}`));
    return ok('the kernel accepts it');
  } catch (error) {
    if (!isNativeError(error)) throw error;
    // Whatever else keeps it from being loaded is the matter of another check.
    const verdict = error.code === 'EVERIFIER' ? 'FAIL' : 'UNKNOWN';
    return { verdict, found: error.message, remedy: error.remedy };
  }
};

/** In a pin directory of its own, so that a producer that runs is not touched. */
function tryOut({ Sensor }: Addon, pinDirectory: string): void {
  const sensor = new Sensor({ pinDirectory, maxSources, ringBytes });
  try {
    sensor.unpin();
  } finally {
    sensor.close();
  }
}

function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && error.name === 'NativeError';
}
