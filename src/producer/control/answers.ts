import {
  allSensors,
  type ControlStatus,
  type DeviceField,
  type Explanation,
  type FoldedCommand,
  type SensorConfig,
} from '../../common/control/records.ts';
import type { Commanded } from '../../common/control/resolve.ts';
import { describe } from '../../common/errors.ts';
import { deviceStatus, type Outcome } from './apply.ts';

/** Offsets of the newest commands that need no answer any more, of the sensor's own record and of that of all. */
export interface Answered {
  own: number;
  all: number;
}

/** A command, and the record that holds it. */
export interface Pending {
  command: FoldedCommand;
  config: SensorConfig;
}

export interface Answer {
  status: ControlStatus;
  reason: string | null;
  explanation?: Explanation;
}

/**
 * What is answered already at the start, by the version of the sensor's last status. A new sensor answers what was
 * addressed to it by name; of what was addressed to all it answers nothing, it was not there. Versions above those
 * of the records are of a control topic that is no more.
 */
export function answeredAtStart(lastVersion: number | null, { own, all }: Commanded): Answered {
  const newest = Math.max(own?.version ?? -1, all?.version ?? -1);
  if (lastVersion === null) return { own: -1, all: all?.version ?? -1 };
  const version = Math.min(lastVersion, newest);
  return { own: version, all: version };
}

/** The commands that wait for an answer, in the order of their offsets. */
export function pendingCommands({ own, all }: Commanded, answered: Answered): Pending[] {
  return [...pendingOf(own, answered.own), ...pendingOf(all, answered.all)].toSorted(
    (a, b) => a.command.offset - b.command.offset,
  );
}

/** What is answered when these are, too. */
export function answeredBy(pending: readonly Pending[], { own, all }: Answered): Answered {
  const newest = (ofAll: boolean) =>
    pending
      .filter(({ config }) => (config.sensor === allSensors) === ofAll)
      .map(({ command }) => command.offset);
  return { own: Math.max(own, ...newest(false)), all: Math.max(all, ...newest(true)) };
}

/** Offset of the newest command that is answered. */
export function versionOf({ own, all }: Answered): number {
  return Math.max(own, all);
}

/** What became of a command that sets state. */
export function stateAnswer({ command, config }: Pending, outcome: Outcome): Answer {
  const error = errorOf(command, config, outcome);
  if (error !== null) return { status: 'FAILED', reason: error };
  return {
    status: 'APPLIED',
    reason: isOvertaken(command, config) ? 'a newer command has replaced it' : null,
  };
}

/** Later than its sender wanted: an action is not done any more; a state is in force, as the consumer accepted it. */
export function expiredAnswer({ command }: Pending, isAction: boolean, now: number): Answer | undefined {
  if (command.expiresAt === null || now <= command.expiresAt) return undefined;
  const when = `it expired ${Math.ceil((now - command.expiresAt) / 1000)} s before this sensor saw it`;
  return {
    status: 'EXPIRED',
    reason: isAction ? `${when}, and was not done` : `${when}; it was accepted in time and is in force`,
  };
}

function pendingOf(config: SensorConfig | undefined, answered: number): Pending[] {
  return (config?.commands ?? [])
    .filter(({ offset }) => offset > answered)
    .map((command) => ({ command, config: config as SensorConfig }));
}

function errorOf(command: FoldedCommand, config: SensorConfig, outcome: Outcome): string | null {
  switch (command.command) {
    case 'attach': {
      const device = deviceOf(command, config)?.device;
      const found = outcome.devices.find((each) => each.device === device);
      return found === undefined ? null : deviceStatus(found).problem;
    }
    case 'detach':
      return text(outcome.detachError);
    case 'ignore-add':
    case 'ignore-remove':
      return text(outcome.ignoreError);
    default:
      return text(outcome.numbersError);
  }
}

function isOvertaken(command: FoldedCommand, config: SensorConfig): boolean {
  const field = {
    attach: deviceOf(command, config),
    detach: deviceOf(command, config),
    'set-threshold': config.threshold,
    'set-icmp': config.icmpEnable,
    'set-count-policy': config.countPolicy,
    'set-idle-reset': config.idleReset,
  }[command.command];
  return field === null || (field !== undefined && field.offset !== command.offset);
}

function deviceOf(command: FoldedCommand, config: SensorConfig): DeviceField | null {
  return config.devices.find(({ offset }) => offset === command.offset) ?? null;
}

function text(error: unknown): string | null {
  return error === null ? null : describe(error);
}
