import { join } from 'node:path';
import { eventually } from '../helpers/eventually.ts';
import type { Engine } from './engine.ts';

/** How long health may take, on a machine with other things to do; ms. */
const patience = 10 * 60_000;

/** The services of docker-compose.yml, under an engine and by one version of Compose. */
export class Stack {
  readonly #engine: Engine;
  readonly #compose: readonly string[];
  readonly #tree: string;

  /** `tree`: the project's root. */
  constructor(engine: Engine, compose: readonly string[], tree: string) {
    this.#engine = engine;
    this.#compose = compose;
    this.#tree = tree;
  }

  /** Starts all, and waits until each is healthy: by itself where Compose can, else by looking. */
  async up(): Promise<void> {
    const canWait = (await this.#run('up', '--help')).includes('--wait');
    await this.#run('up', '--no-build', '--detach', ...(canWait ? ['--wait'] : []));
    if (!canWait) await eventually('all are healthy', () => this.#isHealthy(), patience);
    if (!(await this.#isHealthy())) throw new Error('Compose has waited, but not for health');
  }

  async down(): Promise<void> {
    await this.#run('down', '--volumes', '--timeout', '20');
  }

  /** Runs a command in the container of a service, and returns what it printed. */
  exec(service: string, ...command: readonly string[]): Promise<string> {
    return this.#run('exec', '-T', service, ...command);
  }

  /** Whether the log of a service has a line like this. */
  async says(service: string, pattern: RegExp): Promise<boolean> {
    return pattern.test(await this.#run('logs', '--no-color', service));
  }

  async addressOf(service: string): Promise<string> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const container = (await this.#run('ps', '-q', service)).trim();
    return (await this.#engine.docker('inspect', '--format', format, container)).trim();
  }

  /** Whether the report, by the port that is published, has a row of this source. */
  async reports(source: string): Promise<boolean> {
    const authorization = `Authorization: Bearer ${await this.token()}`;
    const answer = await this.#get('http://127.0.0.1:8480/api/report', '-H', authorization);
    const { entries }: { entries: { source: string }[] } = JSON.parse(answer);
    return entries.some((entry) => entry.source === source);
  }

  /** What the consumer wants from whoever asks it over HTTP. */
  async token(): Promise<string> {
    return (await this.exec('consumer', 'cat', '/run/http-token/token')).trim();
  }

  async subjects(): Promise<string[]> {
    return JSON.parse(
      await this.#get(`http://${await this.addressOf('registry')}:8080/apis/ccompat/v7/subjects`),
    );
  }

  /** How many programs Prometheus has metrics of. */
  async scraped(): Promise<number> {
    const answer = JSON.parse(await this.#get('http://127.0.0.1:9090/api/v1/query?query=sum(up)'));
    return Number(answer.data.result[0]?.value[1] ?? 0);
  }

  /** The id of the XDP program on the target's eth0. */
  async attachedProgram(): Promise<string> {
    const container = (await this.#run('ps', '-q', 'target')).trim();
    const pid = (await this.#engine.docker('inspect', '--format', '{{.State.Pid}}', container)).trim();
    const links = await this.#engine.inside(
      'nsenter',
      `--net=/proc/${pid}/ns/net`,
      'ip',
      'link',
      'show',
      'eth0',
    );
    const id = /prog\/xdp id (\d+)/.exec(links)?.[1];
    if (id === undefined) throw new Error(`no program is attached:\n${links}`);
    return id;
  }

  /** What is left of it: containers, volumes, networks beside Docker's own three, bpf file systems. */
  async leftovers(): Promise<string[]> {
    const listed = await Promise.all([
      this.#engine.docker('ps', '--all', '--quiet'),
      this.#engine.docker('volume', 'ls', '--quiet'),
      this.#engine.docker('network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}'),
    ]);
    return [...listed.flatMap((lines) => lines.split('\n').filter(Boolean)), ...this.#engine.bpfMounts];
  }

  /** For people: what is not healthy, and what the services have said last. */
  async state(): Promise<string> {
    return `${await this.#run('ps')}\n${await this.#run('logs', '--no-color', '--tail=5')}`;
  }

  async #isHealthy(): Promise<boolean> {
    const containers = (await this.#run('ps', '-q')).split('\n').filter(Boolean);
    const states = await this.#engine.docker(
      'inspect',
      '--format',
      '{{.State.Health.Status}}',
      ...containers,
    );
    return states
      .split('\n')
      .filter(Boolean)
      .every((state) => state === 'healthy');
  }

  #get(url: string, ...options: readonly string[]): Promise<string> {
    return this.#engine.inNetwork(
      'curl',
      '--silent',
      '--show-error',
      '--fail',
      '--max-time',
      '10',
      ...options,
      url,
    );
  }

  #run(...args: readonly string[]): Promise<string> {
    const command = [
      ...this.#compose,
      '--project-name',
      'port-ticker',
      '-f',
      join(this.#tree, 'docker-compose.yml'),
    ];
    // The packaged engine knows no CAP_BPF.
    return this.#engine.exec([...command, ...args], { SENSOR_CAPABILITIES: 'sys-admin' });
  }
}
