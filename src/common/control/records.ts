/** The records of the control topics, as their schemas document them. Times are ms since 1970. */

export const commandNames = [
  'attach',
  'detach',
  'set-threshold',
  'set-icmp',
  'set-count-policy',
  'set-idle-reset',
  'ignore-add',
  'ignore-remove',
  'reset-source',
  'clear-report',
  'explain',
] as const;

export type CommandName = (typeof commandNames)[number];

/** Every sensor, also those that join later. */
export const allSensors = '*';

export type XdpMode = 'auto' | 'driver' | 'skb';
export type CountPolicy = 'attempts' | 'all';

/** schemas/control-command.avsc, as it is read: nothing of it is checked yet. */
export interface ControlCommand {
  id: string;
  sensor: string;
  command: string;
  issuedAt: number | null;
  expiresAt: number | null;
  device: string | null;
  mode: string | null;
  threshold: number | null;
  icmpEnable: boolean | null;
  countPolicy: string | null;
  idleReset: number | null;
  prefixes: string[] | null;
  source: string | null;
}

/** The arguments of a command that has none. */
export const noArguments = {
  device: null,
  mode: null,
  threshold: null,
  icmpEnable: null,
  countPolicy: null,
  idleReset: null,
  prefixes: null,
  source: null,
} as const satisfies Partial<ControlCommand>;

export type ControlStatus =
  | 'UNKNOWN'
  | 'ACCEPTED'
  | 'REJECTED'
  | 'EXPIRED'
  | 'DUPLICATE'
  | 'APPLIED'
  | 'FAILED';

export interface ControlResult {
  commandId: string;
  /** null: the consumer answers. */
  sensor: string | null;
  status: ControlStatus;
  reason: string | null;
  configVersion: number | null;
  time: number;
  explanation: Explanation | null;
}

export type ExplanationVerdict = 'ignored' | 'reported' | 'below-threshold' | 'not-in-table';

export interface Explanation {
  source: string;
  verdict: ExplanationVerdict;
  ignoredBy: string | null;
  changeCount: number | null;
  threshold: number;
  distinctPorts: number | null;
  ports: number[];
  episode: number | null;
  lastChange: number | null;
  sources: number;
  maxSources: number;
  evictions: number;
  refusals: number;
  idleResets: number;
}

/** A value and the control offset of the command that set it; a null value is the sensor's own setting. */
export interface Field<T> {
  value: T | null;
  offset: number;
}

export interface DeviceField {
  device: string;
  /** null: detached. */
  mode: string | null;
  offset: number;
}

export interface FoldedCommand {
  id: string;
  command: string;
  offset: number;
  source: string | null;
  expiresAt: number | null;
}

export interface SensorConfig {
  sensor: string;
  version: number;
  threshold: Field<number> | null;
  icmpEnable: Field<boolean> | null;
  countPolicy: Field<string> | null;
  idleReset: Field<number> | null;
  devices: DeviceField[];
  commands: FoldedCommand[];
}

export interface IgnorePrefix {
  sensor: string;
  prefix: string;
  ignored: boolean;
  offset: number;
}

export type SensorState = 'UNKNOWN' | 'RUNNING' | 'DEGRADED' | 'STOPPED';

export interface DeviceStatus {
  device: string;
  wanted: string;
  mode: string | null;
  programId: number | null;
  problem: string | null;
}

export interface SensorStatus {
  sensor: string;
  state: SensorState;
  time: number;
  startedAt: number;
  version: string;
  epoch: string;
  configVersion: number;
  threshold: number;
  icmpEnable: boolean;
  countPolicy: string;
  idleReset: number;
  ignoredPrefixes: number;
  ownPrefixes: string[];
  devices: DeviceStatus[];
  presentDevices: string[];
  sources: number;
  maxSources: number;
  ringUsed: number;
  ringSize: number;
  sequence: number;
  drops: number;
  statistics: Record<string, number>;
  lastError: string | null;
}
