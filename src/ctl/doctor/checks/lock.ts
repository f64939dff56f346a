import { type Examine, type Group, ok, warn } from '../finding.ts';
import { lockHolder } from '../lock-holder.ts';

export const group: Group = 'machine';
export const doc = 'the pin directory is free, or in use by a producer';

/** How a producer is started: from its source, from the npm package, from the Debian package. */
const producer = /port-ticker-producer|\/producer\/main\.[jt]s/;

export const examine: Examine = ({ place: { pinDir } }) => {
  const holder = lockHolder(pinDir);
  if (holder === undefined) return ok(`${pinDir} is free`);
  const { pid, command } = holder;
  const who = `process ${pid}${command === '' ? '' : ` (${command})`}`;
  if (producer.test(command))
    return ok(`${who} is the producer of ${pinDir}; a second one cannot start there`);
  return warn(
    `${pinDir} is locked by ${who}, which does not look like a producer: none can start`,
    'stop that process, or let PORT_TICKER_PIN_DIR name another directory',
  );
};
