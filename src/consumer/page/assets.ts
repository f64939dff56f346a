import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const directory = join(import.meta.dirname, 'assets');

/** By the name under /assets/. */
const assets: Readonly<Record<string, string>> = {
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'theme.js': 'text/javascript; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'changes.js': 'text/javascript; charset=utf-8',
  'copy.js': 'text/javascript; charset=utf-8',
  'navigation.js': 'text/javascript; charset=utf-8',
  'stream.js': 'text/javascript; charset=utf-8',
  'table.js': 'text/javascript; charset=utf-8',
  'times.js': 'text/javascript; charset=utf-8',
};

/** /assets/ has the page's style and scripts. They hold no data, and are for everybody. */
export function addAssetRoutes(server: FastifyInstance): void {
  for (const [name, type] of Object.entries(assets)) {
    const content = readFileSync(join(directory, name));
    server.get(`/assets/${name}`, { config: { isPublic: true } }, async (_, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
}
