import { TickerError } from './errors.ts';
import { readSecret } from './secret.ts';
import type { KafkaSettings } from './settings/fragments.ts';

const requestTimeout = 10_000;
const contentType = 'application/vnd.schemaregistry.v1+json';

/** A schema registry with Confluent's API. Answers are cached: an id never changes its schema. */
export class SchemaRegistry {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #schemas = new Map<number, string>();

  constructor(url: string, credentials: string | null = null) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers =
      credentials === null
        ? { accept: contentType }
        : { accept: contentType, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  }

  /** The registry of the settings, or null when none is configured. Throws SETTINGS. */
  static from({ schemaRegistry: { url, authFile } }: KafkaSettings): SchemaRegistry | null {
    if (url === null) return null;
    const { username, password } = new URL(url);
    if (username !== '' || password !== '') {
      throw new TickerError('the URL of the schema registry has a login in it', {
        code: 'SETTINGS',
        remedy: 'write it, as USER:PASSWORD, into the file that PORT_TICKER_SCHEMA_REGISTRY_AUTH_FILE names',
      });
    }
    const credentials =
      authFile === null ? null : readSecret(authFile, 'PORT_TICKER_SCHEMA_REGISTRY_AUTH_FILE');
    return new SchemaRegistry(url, credentials);
  }

  /** Registers a schema, or finds it registered, and returns its id. A new subject becomes BACKWARD compatible. */
  async register(subject: string, schema: string): Promise<number> {
    const path = encodeURIComponent(subject);
    const { status } = await this.#request('GET', `/config/${path}`);
    if (status === 404) await this.#makeBackward(path);
    const answer = await this.#expect('POST', `/subjects/${path}/versions`, { schema });
    const id = field(answer, 'id');
    if (typeof id !== 'number') throw this.#strange(`registering ${subject}`);
    this.#schemas.set(id, schema);
    return id;
  }

  /** The subjects it has. Throws REGISTRY_…. */
  async subjects(): Promise<string[]> {
    const answer = await this.#expect('GET', '/subjects');
    if (!Array.isArray(answer)) throw this.#strange('asking for its subjects');
    return answer.map(String);
  }

  /** The text of the schema with this id. */
  async schema(id: number): Promise<string> {
    const known = this.#schemas.get(id);
    if (known !== undefined) return known;
    const schema = field(await this.#expect('GET', `/schemas/ids/${id}`), 'schema');
    if (typeof schema !== 'string') throw this.#strange(`asking for schema ${id}`);
    this.#schemas.set(id, schema);
    return schema;
  }

  /** Of several programs that do so at the same time, Apicurio answers all but the first with 409. */
  async #makeBackward(path: string): Promise<void> {
    const { status, answer } = await this.#request('PUT', `/config/${path}`, { compatibility: 'BACKWARD' });
    if (status !== 409) this.#accepted('PUT', `/config/${path}`, status, answer);
  }

  async #expect(method: string, path: string, body?: object): Promise<unknown> {
    const { status, answer } = await this.#request(method, path, body);
    return this.#accepted(method, path, status, answer);
  }

  #accepted(method: string, path: string, status: number, answer: unknown): unknown {
    if (status >= 200 && status < 300) return answer;
    const reason = field(answer, 'message');
    throw new TickerError(
      `the schema registry answered ${method} ${path} with ${status}${typeof reason === 'string' ? `, ${reason}` : ''}`,
      refusal(status),
    );
  }

  async #request(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> {
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: body === undefined ? this.#headers : { ...this.#headers, 'content-type': contentType },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(requestTimeout),
      });
      const text = await response.text();
      return { status: response.status, answer: parse(text) };
    } catch (cause) {
      throw new TickerError(`cannot reach the schema registry at ${this.#url}`, {
        code: 'REGISTRY_UNREACHABLE',
        remedy: 'check that it runs and PORT_TICKER_SCHEMA_REGISTRY_URL',
        retriable: true,
        cause,
      });
    }
  }

  #strange(action: string): TickerError {
    return new TickerError(`the schema registry at ${this.#url} gave a strange answer to ${action}`, {
      code: 'REGISTRY_UNREACHABLE',
      remedy: 'check that PORT_TICKER_SCHEMA_REGISTRY_URL names a registry with the Confluent API',
      retriable: true,
    });
  }
}

function refusal(status: number) {
  if (status === 401 || status === 403) {
    return {
      code: 'REGISTRY_ACCESS',
      remedy: 'check PORT_TICKER_SCHEMA_REGISTRY_AUTH_FILE',
      retriable: true,
    };
  }
  if (status === 404) return { code: 'SCHEMA_UNKNOWN', remedy: 'check that all use the same registry' };
  if (status === 409 || status === 422) {
    return {
      code: 'SCHEMA_REFUSED',
      remedy: 'use a topic prefix of its own, or schemas that are compatible',
    };
  }
  return { code: 'REGISTRY_UNREACHABLE', remedy: "look into the registry's log", retriable: true };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
}
