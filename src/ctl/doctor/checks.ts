import type { Examine } from './finding.ts';

/** Where a check looks; those of the first two groups are made only of a machine with a sensor. */
export type Group = 'machine' | 'device' | 'kafka' | 'sensor';

export interface Check {
  /** Stable: scripts and --skip name checks by it. */
  id: string;
  group: Group;
  /** What holds when it is OK. */
  doc: string;
  load: () => Promise<{ examine: Examine }>;
}

/** Every check, in the order of the output. A new one is a file in checks/ and an entry in this list. */
export const checks: readonly Check[] = [
  {
    id: 'kernel',
    group: 'machine',
    doc: 'Linux is 5.15 or newer',
    load: () => import('./checks/kernel.ts'),
  },
  {
    id: 'capabilities',
    group: 'machine',
    doc: 'this user may load the kernel program and attach it',
    load: () => import('./checks/capabilities.ts'),
  },
  {
    id: 'bpffs',
    group: 'machine',
    doc: 'the pin directory is, or can be made, on a bpf file system',
    load: () => import('./checks/bpffs.ts'),
  },
  {
    id: 'program',
    group: 'machine',
    doc: 'the kernel accepts the program, loaded on trial and attached to nothing',
    load: () => import('./checks/program.ts'),
  },
  {
    id: 'lock',
    group: 'machine',
    doc: 'the pin directory is free, or in use by a producer',
    load: () => import('./checks/lock.ts'),
  },
  {
    id: 'pins',
    group: 'machine',
    doc: 'nothing pinned counts without a producer that delivers it',
    load: () => import('./checks/pins.ts'),
  },
  {
    id: 'device',
    group: 'device',
    doc: 'the device is there and up',
    load: () => import('./checks/device.ts'),
  },
  {
    id: 'driver-mode',
    group: 'device',
    doc: 'its driver runs the program itself, without the slower skb mode',
    load: () => import('./checks/driver-mode.ts'),
  },
  {
    id: 'mtu',
    group: 'device',
    doc: 'its frames are not too large for driver mode',
    load: () => import('./checks/mtu.ts'),
  },
  {
    id: 'vlan-offload',
    group: 'device',
    doc: 'VLAN tags are still there when the program sees a frame',
    load: () => import('./checks/vlan-offload.ts'),
  },
  {
    id: 'other-program',
    group: 'device',
    doc: 'no XDP program of another owner is in place',
    load: () => import('./checks/other-program.ts'),
  },
  {
    id: 'kafka',
    group: 'kafka',
    doc: 'the brokers can be reached and take the login',
    load: () => import('./checks/kafka.ts'),
  },
  {
    id: 'topics',
    group: 'kafka',
    doc: 'all topics are there, with matching partitions',
    load: () => import('./checks/topics.ts'),
  },
  {
    id: 'cleanup-policies',
    group: 'kafka',
    doc: 'each topic is compacted or deleted, and has its times from the clock, that it must have',
    load: () => import('./checks/cleanup-policies.ts'),
  },
  {
    id: 'registry',
    group: 'kafka',
    doc: 'the schema registry answers, if one is set',
    load: () => import('./checks/registry.ts'),
  },
  {
    id: 'clock',
    group: 'kafka',
    doc: "this machine's clock agrees with the broker's",
    load: () => import('./checks/clock.ts'),
  },
  {
    id: 'sensor',
    group: 'sensor',
    doc: 'it runs, on all its devices',
    load: () => import('./checks/sensor.ts'),
  },
  {
    id: 'ring',
    group: 'sensor',
    doc: 'its ring has room, and no event was lost',
    load: () => import('./checks/ring.ts'),
  },
  {
    id: 'sensor-id',
    group: 'sensor',
    doc: 'no other sensor has the same id',
    load: () => import('./checks/sensor-id.ts'),
  },
];
