import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  certificate: string;
  key: string;
}

/** Elliptic keys without a pass phrase: made in milliseconds. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certification authority of the test's own, in a directory. */
export class Authority {
  /** The certificate that its clients are to trust; path of a PEM file. */
  readonly certificate: string;
  readonly #directory: string;
  readonly #name: string;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.certificate = join(directory, `${name}.pem`);
    const files = ['-keyout', this.#key, '-out', this.certificate];
    openssl('req', '-x509', ...newKey, ...files, '-subj', `/CN=${name}`, '-days', '2');
  }

  /** Certifies a new key of `name` at these hosts, "IP:127.0.0.1" or "DNS:name"; with negative `days` it is over already. */
  certify(name: string, { hosts = ['IP:127.0.0.1'], days = 2 } = {}): Certificate {
    const stem = join(this.#directory, `${this.#name}-${name}`);
    const made = { certificate: `${stem}.pem`, key: `${stem}.key` };
    const request = `${stem}.csr`;
    const extension = ['-addext', `subjectAltName=${hosts.join(',')}`];
    openssl('req', ...newKey, '-keyout', made.key, '-out', request, '-subj', `/CN=${name}`, ...extension);
    const issuer = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial'];
    const contents = ['-copy_extensions', 'copy', '-days', String(days)];
    openssl('x509', '-req', '-in', request, '-out', made.certificate, ...issuer, ...contents);
    return made;
  }

  get #key(): string {
    return join(this.#directory, `${this.#name}.key`);
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
