import { SchemaRegistry } from '../../../common/registry.ts';
import { type Examine, findingOf, type Group, ok } from '../finding.ts';

export const group: Group = 'kafka';
export const doc = 'the schema registry answers, if one is set';

export const examine: Examine = async ({ settings }) => {
  try {
    const registry = SchemaRegistry.from(settings);
    if (registry === null) return ok('none is set: Avro single-object encoding');
    const subjects = await registry.subjects();
    return ok(`${settings.schemaRegistry.url} has ${subjects.length} subjects`);
  } catch (error) {
    return findingOf(error, 'FAIL');
  }
};
