import { allSensors } from '../common/control/records.ts';
import { readSigner } from '../common/control/signing-key.ts';
import { type ExitCode, exit } from './exit.ts';
import { type CommandLine, type Options, usage } from './options.ts';
import { note } from './output.ts';
import { requestsOf } from './requests.ts';
import type { Session } from './session.ts';
import { type CtlSettings, loadCtlSettings, sensorOf } from './settings.ts';
import type { View } from './view.ts';

/**
 * Does what a command line asks for. Kafka and Avro are loaded only when they are needed, and what is asked of the
 * sensors is said before: they take as long to load as all the rest.
 */
export async function run(line: CommandLine): Promise<ExitCode> {
  const { word, argument } = line;
  if (word === 'completion') return (await import('./completion.ts')).completion(argument);
  if (word === 'keygen') return (await import('./keygen.ts')).keygen(argument);
  check(line);
  const settings = loadCtlSettings(line.options);
  if (word === 'doctor') return (await import('./doctor/doctor.ts')).doctor(line.options, settings);
  return talk(line, settings);
}

async function talk(line: CommandLine, settings: CtlSettings): Promise<ExitCode> {
  const { options, word, argument } = line;
  const sensor = sensorOf(options, settings);
  const json = options.json === true;
  const issuedAt = Date.now();
  const expiresAt = settings.expires === null ? null : issuedAt + settings.expires * 1000;
  const requests = requestsOf(line, { sensor, issuedAt, expiresAt });
  const signer = options.key === undefined ? null : readSigner(options.key, '--key');
  if (word === undefined && requests.length === 0 && options.list !== true)
    throw usage('nothing to do', 'ticker_ctl --help has examples');
  for (const { what } of requests) note(`${sensor === allSensors ? 'all sensors' : sensor}: ${what} …`);

  const { openSession } = await import('./session.ts');
  const session = openSession(settings);
  if (word === 'forget') return (await import('./forget.ts')).forget(session, argument);
  if (requests.length > 0) {
    const { ask } = await import('./ask.ts');
    const code = await ask(session, { sensor, requests, signer, json });
    if (code !== exit.done) return code;
  }
  if (word === 'status') {
    const { fleetView } = await import('./status.ts');
    await look(session, fleetView(options.sensor ?? allSensors, json), options);
  } else if (options.list === true) {
    const { reportView } = await import('./list.ts');
    await look(session, reportView({ sensor, wide: options.wide === true, json }), options);
  }
  return exit.done;
}

async function look<T>(session: Session, view: View<T>, options: Options): Promise<void> {
  if (options.watch === true) await (await import('./watch.ts')).watch(session, view);
  else await (await import('./view.ts')).show(session, view);
}

/** What options need of each other. Throws USAGE. */
function check({ word, options }: CommandLine): void {
  const { dev, sensor, list, wide, watch, json, skip, strict, netns } = options;
  if (watch === true && json !== true && !process.stdout.isTTY)
    throw usage('--watch needs a terminal', 'add --json for a line at each change');
  if (netns !== undefined && dev === undefined) throw usage('--netns goes with -d <device>');
  if (word !== undefined) return;
  if (skip !== undefined || strict === true || netns !== undefined)
    throw usage('--skip, --strict and --netns go with doctor');
  if (dev === undefined && sensor === undefined)
    throw usage('-d <device> is missing', 'say for example -d eth0 -l, or name a sensor with --sensor');
  if (wide === true && list !== true) throw usage('--wide goes with -l or doctor');
  if (watch === true && list !== true) throw usage('--watch goes with -l or status');
}
