import { setFlagsFromString } from 'node:v8';

/**
 * V8 lets garbage grow to 130 MB of newborn objects and to as much again as what is in use, before it looks: more than
 * all that either program keeps. From here on the newborn have what they have now, and old garbage, with the buffers that it
 * holds, may be a quarter of what is in use. V8 reads both settings at each decision, so that it does not matter how the
 * process was started. To be called before anything else.
 */
export function stayLean(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=25');
}
