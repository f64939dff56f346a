import { openNative } from '../../src/producer/native.ts';
import type { Sensor, SensorOptions } from '../../xdp/addon/addon.d.ts';
import type { Cleanup } from './cleanup.ts';
import { ethernet, ipv4, tcp } from './frame.ts';
import type { Sandbox } from './sandbox.ts';

/** The smallest sensor, in a sandbox; closed when the test ends. */
export function openSensor(t: Cleanup, sandbox: Sandbox, options: Partial<SensorOptions> = {}): Sensor {
  const sensor = openNative({
    pinDirectory: sandbox.pinDirectory,
    maxSources: 4096,
    ringBytes: 65_536,
    ...options,
  });
  t.after(() => sensor.close());
  return sensor;
}

/** Sends one SYN from a source to each of `count` ports, from `first` on. 22 of a fresh source make one event. */
export function scan(sensor: Sensor, source: string, count = 22, first = 1): void {
  for (let to = first; to < first + count; to++) sensor.testRun(ethernet(ipv4({ source }, tcp({ to }))));
}
