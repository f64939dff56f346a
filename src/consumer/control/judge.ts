import type { KafkaMessage } from 'kafkajs';
import type { AvroCodec } from '../../common/avro.ts';
import {
  allSensors,
  type ControlCommand,
  type ControlResult,
  type ControlStatus,
} from '../../common/control/records.ts';
import { describe, TickerError } from '../../common/errors.ts';
import { type Folded, fold } from './fold.ts';
import { checkLimits, type Sensors } from './limits.ts';
import { orderOf } from './order.ts';
import { parseCommand, salvageId } from './parse.ts';
import type { ControlState } from './state.ts';

/** A record of the control topic. */
export interface ControlRecord {
  offset: number;
  /** When the broker appended it, ms since 1970. */
  appendedAt: number;
  /** Empty: none. */
  key: string;
  value: Buffer | null;
  /** Header port-ticker-signature. */
  signature: string | undefined;
  /** Key and headers as they are in Kafka. */
  original: Pick<KafkaMessage, 'key' | 'headers'>;
}

export interface Verdict {
  /** Of the record. */
  offset: number;
  /** Undefined: nobody to answer, no id can be read. */
  result: ControlResult | undefined;
  /** What an ACCEPTED command changes. */
  folded?: Folded;
  /** Of what is not ACCEPTED, for the log. */
  problem?: string;
  /** True when it is no command at all. */
  isPoison?: boolean;
}

export interface Court {
  codec: AvroCodec<ControlCommand>;
  state: ControlState;
  sensors: Sensors;
  /** Throws SIGNATURE when the command must not be carried out by who has signed it, or has not. */
  authorise: (record: ControlRecord, command: ControlCommand) => void;
  /** ms since 1970. */
  now: number;
}

/** Longer texts, or with anything unprintable, are no ids worth an answer. */
const answerable = /^[!-~]{1,64}$/;

/**
 * What is to become of a record. Changes nothing: an ACCEPTED command has an effect once its verdict is committed.
 * Throws only what may work later: a schema registry that is away.
 */
export async function judge(record: ControlRecord, court: Court): Promise<Verdict> {
  const { offset } = record;
  let id = salvageId(record.value);
  try {
    const command = await parseCommand(record.value, court.codec);
    id = answerable.test(command.id) ? command.id : undefined;
    return decide(record, command, court);
  } catch (error) {
    if (!(error instanceof TickerError) || error.retriable) throw error;
    const problem = describe(error);
    if (id === undefined) return { offset, result: undefined, problem, isPoison: true };
    if (court.state.answer(id) !== undefined) return duplicate(id, offset, court);
    const isPoison = error.code === 'DECODE' || error.code === 'SCHEMA_UNKNOWN';
    return { offset, result: answer(id, 'REJECTED', court, problem), problem, isPoison };
  }
}

function decide(record: ControlRecord, command: ControlCommand, court: Court): Verdict {
  const { state, sensors, now } = court;
  const { offset } = record;
  const { id, sensor, expiresAt } = command;
  court.authorise(record, command);
  const order = orderOf(command, record.key);
  if (state.answer(id) !== undefined) return duplicate(id, offset, court);
  if (expiresAt !== null && expiresAt < now) {
    const problem = `it was to be carried out until ${new Date(expiresAt).toISOString()} – send it again with a new id`;
    return { offset, result: answer(id, 'EXPIRED', court, problem), problem };
  }
  checkLimits(order, sensor, state, sensors);
  const folded = fold(state.config(sensor), { id, sensor, order, offset, expiresAt });
  const result = { ...answer(id, 'ACCEPTED', court, remark(sensor, sensors)), configVersion: offset };
  return { offset, result, folded };
}

function duplicate(id: string, offset: number, court: Court): Verdict {
  const first = court.state.answer(id);
  const problem = `a command with this id has been answered ${first} – send it again with a new id`;
  return { offset, result: answer(id, 'DUPLICATE', court, problem), problem };
}

function remark(sensor: string, sensors: Sensors): string | null {
  if (sensor === allSensors || sensors.isAlive(sensor)) return null;
  return sensors.status(sensor) === undefined
    ? `no sensor ${sensor} has been seen yet: the command waits for it`
    : `${sensor} is not alive: the command waits for it`;
}

function answer(id: string, status: ControlStatus, { now }: Court, reason: string | null): ControlResult {
  return {
    commandId: id,
    sensor: null,
    status,
    reason,
    configVersion: null,
    time: now,
    explanation: null,
  };
}
