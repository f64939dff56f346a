import { SchemaRegistry } from '../../../common/registry.ts';
import { type Examine, findingOf, ok } from '../finding.ts';

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
