import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface RegistryStandIn {
  readonly url: string;
  /** Schemas by id, as registered or put in by the test. */
  readonly schemas: Map<number, string>;
  /** "METHOD /path", in order. */
  readonly requests: string[];
  /** The Authorization headers that came with them. */
  readonly credentials: (string | undefined)[];
  /** Answers as Apicurio does to whoever is second in configuring a subject. */
  isConfiguredByAnother(): void;
  /** Answers everything with this status from now on. */
  refuseWith(status: number): void;
}

/** The few calls of Confluent's registry API that the project makes, in memory. Closed with the test. */
export async function startRegistry(t: TestContext): Promise<RegistryStandIn> {
  const schemas = new Map<number, string>();
  const configured = new Set<string>();
  const requests: string[] = [];
  const credentials: (string | undefined)[] = [];
  let refusal: number | undefined;
  let hasRival = false;

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => send(response, status, body));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    schemas,
    requests,
    credentials,
    isConfiguredByAnother: () => {
      hasRival = true;
    },
    refuseWith: (status) => {
      refusal = status;
    },
  };

  async function answer(request: IncomingMessage): Promise<[number, object]> {
    const path = request.url ?? '';
    requests.push(`${request.method} ${path}`);
    credentials.push(request.headers.authorization);
    const body = await text(request);
    if (refusal !== undefined) return [refusal, { message: 'refused by the test' }];
    const [kind = '', name = '', ...rest] = path.slice(1).split('/');
    if (kind === 'config') return config(name, request.method);
    if (kind === 'schemas') return schema(Number(rest[0]));
    return [200, { id: register(JSON.parse(body).schema) }];
  }

  function config(subject: string, method: string | undefined): [number, object] {
    if (method === 'PUT' && hasRival) return [409, { message: 'a rule already exists' }];
    if (method === 'PUT') configured.add(subject);
    return configured.has(subject)
      ? [200, { compatibility: 'BACKWARD' }]
      : [404, { message: 'not configured' }];
  }

  function schema(id: number): [number, object] {
    const found = schemas.get(id);
    return found === undefined ? [404, { message: 'schema not found' }] : [200, { schema: found }];
  }

  function register(schemaText: string): number {
    const known = [...schemas].find(([, each]) => each === schemaText);
    if (known !== undefined) return known[0];
    const id = 100 + schemas.size;
    schemas.set(id, schemaText);
    return id;
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
