import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import ecs from '../fixtures/ecs-fields.json' with { type: 'json' };

const fields: Readonly<Record<string, string>> = ecs.fields;
const { 'event.category': categories, 'event.kind': kinds, 'event.type': types } = ecs.values;
const typesOfCategory: Readonly<Record<string, readonly string[]>> = categories;

const isKeyword = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= 1024;

const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  date: (value) => typeof value === 'string' && new Date(value).toISOString() === value,
  keyword: isKeyword,
  constant_keyword: isKeyword,
  match_only_text: (value) => typeof value === 'string' && value !== '',
  ip: (value) => typeof value === 'string' && isIP(value) !== 0,
  long: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number' && Number.isFinite(value),
  object: (value) => Object.values(Object(value)).every(isKeyword),
};

/** Fails unless every field of a document is one of ECS, of its type, and the categories go with the types of event. */
export function assertEcs(document: unknown): void {
  const all = ecsFields(document);
  for (const [name, value] of Object.entries(all)) {
    const type = fields[name];
    assert.ok(type !== undefined, `${name} is no field of ECS`);
    assert.equal(Array.isArray(value), type.endsWith('[]'), `${name} is a list, or should be one`);
    for (const each of [value].flat())
      assert.ok(isOfType[type.replace('[]', '')]?.(each), `${name}, ${type}: ${JSON.stringify(each)}`);
  }
  assert.ok(kinds.some((kind) => kind === all['event.kind']));
  for (const type of [all['event.type']].flat()) {
    assert.ok(types.some((known) => known === type));
    for (const category of [all['event.category']].flat())
      assert.ok(typesOfCategory[String(category)]?.includes(String(type)), `${category} with ${type}`);
  }
  assert.ok(String(all['event.end']) >= String(all['event.start']), 'it ends before it starts');
}

/** The fields of a document by their dotted names; lists and labels whole. */
export function ecsFields(document: unknown): Record<string, unknown> {
  return Object.fromEntries(leaves(document, ''));
}

function* leaves(node: unknown, prefix: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(Object(node))) {
    const path = prefix + name;
    const isPath = typeof value === 'object' && !Array.isArray(value) && !isOfKeywords(path);
    if (isPath) yield* leaves(value, `${path}.`);
    else yield [path, value];
  }
}

/** A field whose parts everybody names as they like: `labels`. */
function isOfKeywords(path: string): boolean {
  return fields[path] === 'object' && !Object.keys(fields).some((name) => name.startsWith(`${path}.`));
}
