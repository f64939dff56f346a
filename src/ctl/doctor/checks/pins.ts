import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Examine, type Group, ok, warn } from '../finding.ts';
import { lockHolder } from '../lock-holder.ts';
import { exists, looking } from '../pin-directory.ts';

export const group: Group = 'machine';
export const doc = 'nothing pinned counts without a producer that delivers it';

export const examine: Examine = ({ place: { pinDir } }) => {
  const layouts = exists(pinDir) ? entries(pinDir).filter((name) => /^layout_\d+$/.test(name)) : [];
  if (layouts.length === 0) return ok('nothing is pinned');
  if (layouts.length > 1) {
    return warn(
      `${pinDir} holds what versions with different table layouts have left: ${layouts.join(', ')}`,
      'start the version that did not deliver all of its events once more, or give them up with port-ticker-producer --remove',
    );
  }
  if (lockHolder(pinDir) !== undefined) return ok(`${pinDir} is in use`);
  const devices = layouts.flatMap((layout) => attachedDevices(entries(join(pinDir, layout))));
  const what =
    devices.length > 0 ? `the program on ${devices.join(', ')} counts` : 'what a producer left waits';
  return warn(
    `${what}, and no producer delivers it`,
    'start port-ticker-producer, which goes on with it, or give it up with port-ticker-producer --remove',
  );
};

/** Of the names of pins: a link has that of its device, with _ and two hexadecimal digits for what bpf file systems do not take. */
function attachedDevices(pins: readonly string[]): string[] {
  return pins
    .filter((name) => name.startsWith('link_'))
    .map((name) =>
      name
        .slice('link_'.length)
        .replace(/_([0-9a-f]{2})/g, (_, digits) => String.fromCharCode(Number(`0x${digits}`))),
    );
}

function entries(directory: string): string[] {
  return looking(directory, () => readdirSync(directory));
}
