import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ReportEntry } from '../../src/common/event.ts';
import { freePort } from '../../test/helpers/free-port.ts';
import { startKafka } from '../../test/helpers/kafka.ts';
import { type Namespace, Sandbox } from '../../test/helpers/sandbox.ts';
import { Service } from '../../test/helpers/service.ts';
import type { Stage } from './stage.ts';

const run = promisify(execFile);

const sensor = 'demo';
const device = 'target0';
const scanner = '10.77.0.1';
const target = '10.77.0.2';
const ports = 1_000;
const nmap = ['nmap', '-n', '-sS', `-p1-${ports}`, target] as const;
const ticker = join(import.meta.dirname, '../../src/ctl/main.js');

interface Network {
  scanner: Namespace;
  target: Namespace;
  pinDirectory: string;
}

/** Puts everything up on the stage, scans, and prints the report. Returns what to try next, for people. */
export async function show(stage: Stage): Promise<string> {
  const brokers = await startBroker(stage);
  const network = await joinNamespaces(stage);
  const page = await freePort();
  const settings = {
    CONSUMER_HTTP_PORT: String(page),
    KAFKA_BROKERS: brokers,
    SENSOR_ID: sensor,
    DEVICES: device,
    NETNS: network.target.path,
    PIN_DIR: network.pinDirectory,
  };
  const consumer = await startService(stage, 'consumer', 'keeps the report', settings);
  await startService(stage, 'producer', `counts port changes on ${device}, by XDP`, settings);
  await scan(stage, network.scanner, consumer);
  await printReport(stage, brokers);
  return `Still running. Try, in another terminal:
  nsenter --net=${network.scanner.path} ${nmap.join(' ')}
  ${process.execPath} ${ticker} -d ${device} -l --sensor ${sensor} --brokers ${brokers}
  http://127.0.0.1:${page}/ in a browser
Ctrl-C stops all of it.
`;
}

function startBroker(stage: Stage): Promise<string> {
  return stage.step(
    'Kafka     one broker on a free port, with temporary data',
    async () => {
      const kafka = await startKafka();
      stage.after(() => kafka.close());
      return kafka.brokers;
    },
    'A broker needs Java 17 or newer, 600 MB of memory, and 100 MB in the temporary directory.',
  );
}

/** No default route, no link to the machine's network: the scan cannot leave. */
function joinNamespaces(stage: Stage): Promise<Network> {
  return stage.step(
    `Network   two namespaces, scanner ${scanner} and target ${target}`,
    async () => {
      const sandbox = await Sandbox.create(stage);
      const network = {
        scanner: await sandbox.namespace('scanner'),
        target: await sandbox.namespace('target'),
        pinDirectory: sandbox.pinDirectory,
      };
      await sandbox.veth(
        { namespace: network.scanner, device: 'scanner0', addresses: [`${scanner}/24`] },
        { namespace: network.target, device, addresses: [`${target}/24`] },
      );
      return network;
    },
    'This needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN; a container must be privileged.',
  );
}

function startService(
  stage: Stage,
  name: 'producer' | 'consumer',
  task: string,
  settings: Readonly<Record<string, string>>,
): Promise<Service> {
  return stage.step(`${name === 'producer' ? 'Producer' : 'Consumer'}  ${task}`, async () => {
    const service = new Service(stage, name, settings);
    stage.after(() => service.stop());
    const { program } = service;
    const ended = program.exit().then((code) => {
      throw new Error(`${program.stdout}${program.stderr}It ended with exit code ${code}.`);
    });
    ended.catch(() => {}); // once it is ready, its end is wanted
    await Promise.race([service.ready(), ended]);
    return service;
  });
}

function scan(stage: Stage, namespace: Namespace, consumer: Service): Promise<void> {
  const [command, ...args] = nmap;
  return stage.step(`Scan      ${nmap.join(' ')}`, async () => {
    await namespace.exec(command, args);
    await consumer.until('the scan is in the report', () => hasScan(consumer));
  });
}

async function hasScan(consumer: Service): Promise<boolean> {
  const answer = await consumer.get('/api/report');
  if (answer === '') return false;
  const { entries }: { entries: ReportEntry[] } = JSON.parse(answer);
  return entries.some(({ source, changeCount }) => source === scanner && changeCount >= ports - 1);
}

function printReport(stage: Stage, brokers: string): Promise<void> {
  return stage.step(`Report    ticker_ctl -d ${device} -l\n`, async () => {
    const args = [ticker, '-d', device, '-l', '--sensor', sensor, '--brokers', brokers];
    const { stdout } = await run(process.execPath, args);
    process.stdout.write(`${stdout}\n`);
  });
}
