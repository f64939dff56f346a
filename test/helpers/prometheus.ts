import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, lastFirst } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A series as a query gives it: its labels, its newest value. */
export interface Series {
  metric: Readonly<Record<string, string>>;
  value: [time: number, value: string];
}

interface Rule {
  name: string;
  query: string;
  health: string;
  lastError?: string;
}

/** A real Prometheus that scrapes every second. Ended with the test. */
export class Prometheus {
  readonly #url: string;

  /** `targets`: a program's URL by its job; `rules`: a file of rules. */
  static async start(
    t: Cleanup,
    targets: Readonly<Record<string, string>>,
    rules: string,
  ): Promise<Prometheus> {
    const cleanup = lastFirst(t);
    const directory = temporaryDirectory('port-ticker-prometheus-');
    cleanup.after(() => directory.remove());
    copyFileSync(rules, join(directory.path, 'rules.yml'));
    writeFileSync(join(directory.path, 'prometheus.yml'), JSON.stringify(configuration(targets))); // JSON is YAML
    const address = `127.0.0.1:${await freePort()}`;
    const server = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'prometheus', '--log.level=error', `--web.listen-address=${address}`],
        `--config.file=${join(directory.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory.path, 'data')}`,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    cleanup.after(async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    });
    const prometheus = new Prometheus(`http://${address}`);
    await eventually('Prometheus is ready', () => prometheus.#isReady(), 30_000);
    return prometheus;
  }

  private constructor(url: string) {
    this.#url = url;
  }

  /** Throws when the expression is none. */
  async query(expression: string): Promise<Series[]> {
    const { result } = await this.#ask<{ result: Series[] }>('query', { query: expression });
    return result;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#ask<{ groups: { rules: Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async #ask<T>(what: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${what}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { data: T; error?: string };
    if (answer.error !== undefined) throw new Error(`${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.#url}/-/ready`)).ok;
    } catch {
      return false;
    }
  }
}

function configuration(targets: Readonly<Record<string, string>>): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [new URL(target).host] }],
    })),
  };
}
