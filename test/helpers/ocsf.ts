import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import ocsf from '../fixtures/ocsf-detection-finding.json' with { type: 'json' };

interface Attribute {
  type: string;
  array?: boolean;
  required?: boolean;
  values?: number[];
}

interface Shape {
  attributes: Readonly<Record<string, Attribute>>;
  constraints?: { at_least_one?: string[] };
}

const finding: Shape = ocsf.class;
const objects: Readonly<Record<string, Shape>> = ocsf.objects;

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isInteger = (value: unknown) => Number.isSafeInteger(value);

const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  boolean_t: (value) => typeof value === 'boolean',
  integer_t: isInteger,
  long_t: isInteger,
  timestamp_t: isInteger,
  port_t: (value) => isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  string_t: isText,
  hostname_t: isText,
  ip_t: (value) => typeof value === 'string' && isIP(value) !== 0,
};

/** Fails unless a document is a Detection Finding: what is required there, nothing unknown, all of its type and value. */
export function assertOcsf(document: unknown): void {
  assertShape(document, finding, '');
  const { class_uid, activity_id, type_uid, start_time, end_time } = Object(document);
  assert.equal(type_uid, class_uid * 100 + activity_id);
  assert.ok(end_time >= start_time, 'it ends before it starts');
}

function assertShape(node: unknown, { attributes, constraints }: Shape, path: string): void {
  const present = Object.keys(Object(node));
  for (const [name, { required }] of Object.entries(attributes))
    assert.ok(required !== true || present.includes(name), `${path}${name} is missing`);
  const oneOf = constraints?.at_least_one;
  assert.ok(oneOf?.some((name) => present.includes(name)) ?? true, `${path} has none of ${oneOf}`);
  for (const [name, value] of Object.entries(Object(node))) {
    const attribute = attributes[name];
    assert.ok(attribute !== undefined, `${path}${name} is no attribute of OCSF`);
    assertValue(value, attribute, path + name);
  }
}

function assertValue(value: unknown, { type, array = false, values }: Attribute, path: string): void {
  assert.equal(Array.isArray(value), array, `${path} is a list, or should be one`);
  const shape = objects[type];
  for (const each of [value].flat()) {
    if (shape !== undefined) assertShape(each, shape, `${path}.`);
    else assert.ok(isOfType[type]?.(each), `${path}, ${type}: ${JSON.stringify(each)}`);
    assert.ok(values?.some((known) => known === each) ?? true, `${path}: ${JSON.stringify(each)}`);
  }
}
