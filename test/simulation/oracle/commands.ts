import type { ControlResult } from '../../../src/common/control/records.ts';
import { ownSettings } from '../../helpers/simulated-sensor.ts';
import type { Stored } from '../broker/log.ts';
import { control } from '../topics.ts';
import type { World } from '../world.ts';
import { expectedSettings } from './expected.ts';
import type { Problem } from './problem.ts';

/** As the operator writes it. */
export interface Command {
  id: string;
  sensor: string;
  command: string;
  threshold?: number | null;
  prefixes?: string[];
  device?: string;
  source?: string;
}

interface Answered extends ControlResult {
  writer: string;
}

const final = ['APPLIED', 'FAILED', 'EXPIRED'];

/** Each record of a command has one answer of the consumer, each accepted command one of every sensor it is for. */
export async function checkCommands(world: World): Promise<Problem[]> {
  const { broker } = world;
  const problems: Problem[] = [];
  const answers = Map.groupBy(
    await answersIn(broker.log(control.results.topic, 0).records),
    (each) => each.commandId,
  );
  const accepted: Command[] = [];
  const records = broker.log(control.control.topic, 0).records;
  for (const [id, sent] of Map.groupBy(records, ({ value }) => parsed(value)?.id)) {
    const command = parsed(sent[0]?.value ?? null);
    if (id === undefined || command === undefined) continue;
    const given = answers.get(id) ?? [];
    const first = given.filter(({ sensor, status }) => sensor === null && status !== 'DUPLICATE');
    const duplicates = given.filter(({ status }) => status === 'DUPLICATE');
    if (first.length !== 1 || duplicates.length !== sent.length - 1) {
      const what = `${id}, sent ${sent.length} times, is answered ${[...first, ...duplicates].map(({ status }) => status)}`;
      problems.push({ kind: 'answer', what });
    }
    if (first[0]?.status !== 'ACCEPTED') continue;
    accepted.push(command);
    for (const sensor of addressed(world, command, sent[0])) {
      problems.push(
        ...checkSensor(
          command,
          sensor,
          given.filter((each) => each.sensor === sensor),
        ),
      );
    }
  }
  for (const [sensor, machine] of world.machines) {
    const right = expectedSettings(
      accepted.filter((each) => isFor(each, sensor)),
      ownSettings,
    );
    const attached = [...right.devices].filter((device) => machine.devices.has(device));
    const found = {
      threshold: machine.settings.threshold,
      ignored: machine.ignored,
      attached: machine.attached,
    };
    const [wanted, actual] = [
      text(right.threshold, right.ignored, attached),
      text(found.threshold, found.ignored, found.attached.keys()),
    ];
    if (wanted === actual) continue;
    problems.push({ kind: 'configuration', what: `${sensor} has ${actual}, not ${wanted}` });
  }
  return problems;
}

/** Repeated when nobody heard it, but always the same while the process lives that gave it. */
function checkSensor({ id, command }: Command, sensor: string, given: readonly Answered[]): Problem[] {
  const name = `${command} ${id} by ${sensor}`;
  if (given.length === 0) return [{ kind: 'answer', what: `${name} is not answered` }];
  const meanings = new Set(given.map(({ writer, status, time }) => `${writer} ${status} ${time}`));
  const writers = new Set(given.map(({ writer }) => writer));
  if (meanings.size > writers.size) return [{ kind: 'answer', what: `${name}: ${[...meanings].join(', ')}` }];
  const strange = given.find(({ status }) => !final.includes(status));
  return strange === undefined ? [] : [{ kind: 'answer', what: `${name} is ${strange.status}` }];
}

/** The sensors that have to answer: all that had said a word when it was sent; one that is named, even later. */
function addressed({ machines, heardOf }: World, command: Command, record: Stored | undefined): string[] {
  if (command.sensor !== '*') return [command.sensor];
  const isKnown = (sensor: string) => (heardOf.get(sensor) ?? Infinity) < (record?.timestamp ?? 0);
  return [...machines.keys()].filter(isKnown);
}

async function answersIn(records: readonly Stored[]): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const { value, state, writer } of records) {
    if (state === 'committed' && value !== null) {
      answers.push({ ...(await control.results.result.decode(value)), writer });
    }
  }
  return answers;
}

/** Undefined for what is no JSON. */
export function parsed(value: Buffer | null): Command | undefined {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

function isFor(command: Command, sensor: string): boolean {
  return command.sensor === sensor || command.sensor === '*';
}

function text(threshold: number, ignored: Iterable<string>, devices: Iterable<string>): string {
  return `threshold ${threshold}, ignored ${[...ignored].sort()}, attached ${[...devices].sort()}`;
}
