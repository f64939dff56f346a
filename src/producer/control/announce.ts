import type { DeviceStatus } from '../../common/control/records.ts';
import { describe } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { deviceStatus, type Outcome } from './apply.ts';

/** Logs what one outcome has that the other had not. True when they differ. */
export function announce(before: Outcome, after: Outcome, logger: Logger): boolean {
  const changes = [
    announceError('setting what commands have set', before.numbersError, after.numbersError, logger),
    announceError('changing the ignore list', before.ignoreError, after.ignoreError, logger),
    announceError('detaching', before.detachError, after.detachError, logger),
    announceDevices(before.devices.map(deviceStatus), after.devices.map(deviceStatus), logger),
  ];
  return changes.includes(true);
}

function announceError(what: string, before: unknown, after: unknown, logger: Logger): boolean {
  const text = after === null ? null : describe(after);
  if (text === (before === null ? null : describe(before))) return false;
  if (text !== null) logger.error(`${what}: ${text}`);
  return true;
}

function announceDevices(before: DeviceStatus[], after: DeviceStatus[], logger: Logger): boolean {
  const gone = before.filter(({ device }) => !after.some((each) => each.device === device));
  const changed = after.filter(
    (status) =>
      !isSame(
        status,
        before.find(({ device }) => device === status.device),
      ),
  );
  for (const { device } of gone) logger.info(`detached from ${device}`);
  for (const status of changed) announceDevice(status, logger);
  return gone.length + changed.length > 0;
}

function announceDevice({ device, wanted, mode, programId, problem }: DeviceStatus, logger: Logger): void {
  if (problem !== null) {
    logger.warn(`not attached to ${device}: ${problem}`);
    return;
  }
  logger.info(`attached to ${device} in ${mode} mode, program ${programId}`);
  if (mode === 'skb' && wanted === 'auto') {
    logger.warn(`${device} has no driver mode: skb mode costs more for each packet`);
  }
}

function isSame(a: DeviceStatus, b: DeviceStatus | undefined): boolean {
  return (
    a.mode === b?.mode && a.programId === b?.programId && a.problem === b?.problem && a.wanted === b?.wanted
  );
}
