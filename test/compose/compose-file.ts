import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const project = join(import.meta.dirname, '../..');

export interface Service {
  image: string;
  user?: string;
  build?: { context: string; dockerfile: string; target?: string };
  cap_add?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  privileged?: boolean;
  network_mode?: string;
  healthcheck?: { test: string[] };
  mem_limit?: string;
  cpus?: number;
  pids_limit?: number;
  restart?: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

/** docker-compose.yml as Compose 1.29 understands it, with all profiles. Throws what it says against the file. */
export async function readComposeFile(env: Readonly<Record<string, string>> = {}): Promise<ComposeFile> {
  const compose = 'docker-compose --profile grafana config';
  const toJson = `python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'`;
  const { stdout } = await promisify(execFile)('bash', ['-c', `set -o pipefail; ${compose} | ${toJson}`], {
    cwd: project,
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}
