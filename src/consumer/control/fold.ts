import type {
  DeviceField,
  Field,
  FoldedCommand,
  IgnorePrefix,
  SensorConfig,
} from '../../common/control/records.ts';
import type { Order } from './order.ts';

/** A command that is accepted. */
export interface Accepted {
  id: string;
  /** Sensor id or *. */
  sensor: string;
  order: Order;
  /** Of its record in the control topic. */
  offset: number;
  /** ms since 1970. */
  expiresAt: number | null;
}

export interface Folded {
  config: SensorConfig;
  prefixes: IgnorePrefix[];
}

/** Older ones are dropped: no sensor that is alive is that far behind. */
export const commandsKept = 256;

/** What the command makes of the configuration that is held for its sensor. */
export function fold(held: SensorConfig | undefined, accepted: Accepted): Folded {
  const { sensor, order, offset } = accepted;
  const before = held ?? emptyConfig(sensor);
  const config = {
    ...before,
    ...changed(before, order, offset),
    version: offset,
    commands: [...before.commands, entryOf(accepted)].slice(-commandsKept),
  };
  return { config, prefixes: prefixesOf(accepted) };
}

function changed(before: SensorConfig, order: Order, offset: number): Partial<SensorConfig> {
  switch (order.command) {
    case 'attach':
      return { devices: withDevice(before.devices, { device: order.device, mode: order.mode, offset }) };
    case 'detach':
      return { devices: withDevice(before.devices, { device: order.device, mode: null, offset }) };
    case 'set-threshold':
      return { threshold: field(order.value, offset) };
    case 'set-icmp':
      return { icmpEnable: field(order.value, offset) };
    case 'set-count-policy':
      return { countPolicy: field<string>(order.value, offset) };
    case 'set-idle-reset':
      return { idleReset: field(order.value, offset) };
    default:
      return {};
  }
}

function prefixesOf({ sensor, order, offset }: Accepted): IgnorePrefix[] {
  if (order.command !== 'ignore-add' && order.command !== 'ignore-remove') return [];
  const ignored = order.command === 'ignore-add';
  return order.prefixes.map((prefix) => ({ sensor, prefix, ignored, offset }));
}

function entryOf({ id, order, offset, expiresAt }: Accepted): FoldedCommand {
  return { id, command: order.command, offset, source: 'source' in order ? order.source : null, expiresAt };
}

function withDevice(devices: readonly DeviceField[], field: DeviceField): DeviceField[] {
  return [...devices.filter(({ device }) => device !== field.device), field];
}

function field<T>(value: T | null, offset: number): Field<T> {
  return { value, offset };
}

/** Of a sensor that no command has configured. */
export function emptyConfig(sensor: string): SensorConfig {
  return {
    sensor,
    version: -1,
    threshold: null,
    icmpEnable: null,
    countPolicy: null,
    idleReset: null,
    devices: [],
    commands: [],
  };
}
