import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Examine, ok, warn } from './finding.ts';
import { lockHolder } from './lock-holder.ts';
import { exists, looking } from './pin-directory.ts';

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
  const links = layouts
    .flatMap((layout) => entries(join(pinDir, layout)))
    .filter((name) => name.startsWith('link_'));
  const what =
    links.length > 0 ? `a program on ${links.length} devices counts` : 'what a producer left waits';
  return warn(
    `${what}, and no producer delivers it`,
    'start port-ticker-producer, which goes on with it, or give it up with port-ticker-producer --remove',
  );
};

function entries(directory: string): string[] {
  return looking(directory, () => readdirSync(directory));
}
