import { describe } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { type DeviceOutcome, deviceStatus, type Outcome } from './apply.ts';

/** Logs what one outcome has that the other had not. True when they differ. */
export function announce(before: Outcome, after: Outcome, logger: Logger): boolean {
  const changes = [
    announceError('setting what commands have set', before.numbersError, after.numbersError, logger),
    announceError('changing the ignore list', before.ignoreError, after.ignoreError, logger),
    announceError('looking after the pins', before.pinsError, after.pinsError, logger),
    announceError('detaching', before.detachError, after.detachError, logger),
    announceDevices(before.devices, after.devices, logger),
  ];
  return changes.includes(true);
}

function announceError(what: string, before: unknown, after: unknown, logger: Logger): boolean {
  const text = after === null ? null : describe(after);
  if (text === (before === null ? null : describe(before))) return false;
  if (text !== null) logger.error(`${what}: ${text}`);
  return true;
}

function announceDevices(
  before: readonly DeviceOutcome[],
  after: readonly DeviceOutcome[],
  logger: Logger,
): boolean {
  const gone = before.filter(({ device }) => !after.some((each) => each.device === device));
  const earlier = (device: string) => before.find((each) => each.device === device);
  const changed = after.filter((outcome) => !isSame(outcome, earlier(outcome.device)));
  for (const { device } of gone) logger.info(`detached from ${device}`);
  for (const outcome of changed) announceDevice(outcome, earlier(outcome.device), logger);
  return gone.length + changed.length > 0;
}

function announceDevice(outcome: DeviceOutcome, before: DeviceOutcome | undefined, logger: Logger): void {
  const { device, wanted, mode, programId, problem } = deviceStatus(outcome);
  if (problem !== null) {
    logger.warn(`not attached to ${device}: ${problem}`);
    return;
  }
  if (isTakenOff(outcome, before)) logger.warn(`something had taken the program off ${device}`);
  logger.info(`attached to ${device} in ${mode} mode, program ${programId}`);
  if (mode === 'skb' && wanted === 'auto') {
    logger.warn(`${device} has no driver mode: skb mode costs more for each packet`);
  }
}

function isSame(outcome: DeviceOutcome, before: DeviceOutcome | undefined): boolean {
  if (before === undefined || outcome.attachment?.linkId !== before.attachment?.linkId) return false;
  const [a, b] = [deviceStatus(outcome), deviceStatus(before)];
  return a.mode === b.mode && a.programId === b.programId && a.problem === b.problem && a.wanted === b.wanted;
}

/** It was attached as it is now, on the same device, and had to be attached anew. */
function isTakenOff({ attachment: now }: DeviceOutcome, before: DeviceOutcome | undefined): boolean {
  const then = before?.attachment ?? null;
  if (now === null || then === null || now.linkId === then.linkId) return false;
  return now.ifindex === then.ifindex && now.mode === then.mode;
}
