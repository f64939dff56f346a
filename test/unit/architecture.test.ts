import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** What everybody may import. */
const ground = 'src/common';

test('the picture of imports has every import between two rooms, and no other', () => {
  const { rooms, arrows } = picture();
  const fromRooms = imports().map(({ from, to }) => [roomOf(from, rooms), roomOf(to, rooms)]);
  const between = fromRooms.filter(([from, to]) => from !== to && from !== ground && to !== ground);
  const real = new Set(between.map(([from, to]) => `${from} --> ${to}`));
  assert.deepEqual([...arrows].sort(), [...real].sort());
});

test('the ground that everybody stands on imports no room', () => {
  const { rooms } = picture();
  for (const { from, to } of imports().filter(({ from }) => from.startsWith(ground)))
    assert.ok([ground, 'xdp/addon'].includes(roomOf(to, rooms)), `${from} imports ${to}`);
});

test('what the table of places names is where it says', () => {
  const places = Array.from(page.matchAll(/^\| .*? \| `([^`]+)` +\| `(\w+)` +\|$/gm));
  assert.ok(places.length >= 15, `${places.length} places`);
  for (const [, file = '', name = ''] of places) {
    assert.ok(existsSync(join(root, file)), file);
    assert.ok(definitionOf(name).test(readFileSync(join(root, file), 'utf8')), `${name} in ${file}`);
  }
});

/** Folders of the picture, and who imports whom, as "FROM --> TO". */
function picture(): { rooms: string[]; arrows: Set<string> } {
  const [, mermaid = ''] = page.match(/^```mermaid\n(.*?)^```$/ms) ?? [];
  const folders = new Map(
    Array.from(mermaid.matchAll(/(\w+)\["([^"]+)"\]/g), ([, id = '', path = '']) => [id, path]),
  );
  const arrows = Array.from(mermaid.matchAll(/^\s*(\w+) --> ([\w &]+)$/gm)).flatMap(
    ([, from = '', to = '']) =>
      to.split(' & ').map((each) => `${folders.get(from)} --> ${folders.get(each)}`),
  );
  return { rooms: [...folders.values(), ground], arrows: new Set(arrows) };
}

/** Every import of the programs, types too, of a file of the project; paths from the root. */
function imports(): { from: string; to: string }[] {
  const files = globSync('src/**/*.{ts,js}', { cwd: root });
  const isCode = (path: string) => /^(src|xdp)\/.*\.(ts|js)$/.test(path);
  return files.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    const specifiers = text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm);
    const paths = Array.from(specifiers, ([, given = '', late = given]) => join(dirname(from), late));
    return paths.filter(isCode).map((to) => ({ from, to }));
  });
}

/** The innermost folder of the picture that has the file. */
function roomOf(file: string, rooms: readonly string[]): string {
  const around = rooms.filter((room) => file.startsWith(`${room}/`));
  return around.sort((a, b) => b.length - a.length)[0] ?? `${dirname(file)}, which the picture does not have`;
}

/** Of a function, a structure, a class or a constant, in C or TypeScript. */
function definitionOf(name: string): RegExp {
  return new RegExp(`^(export .*|struct |(static|__noinline) [^;=]*?)\\b${name}\\b`, 'm');
}
