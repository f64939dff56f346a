import { configurationProblems, missingTopics } from '../../../common/kafka/topics.ts';
import { type Examine, findingOf, type Group, ok, worst } from '../finding.ts';
import { topicNames } from '../topic-names.ts';

export const group: Group = 'kafka';
export const doc = 'each topic is compacted or deleted, and has its times from the clock, that it must have';

export const examine: Examine = async ({ cluster, settings }) => {
  const { existing, problems } = await cluster.ask(async (admin) => {
    const missing = await missingTopics(admin, settings, topicNames);
    const existing = topicNames.filter((name) => !missing.includes(name));
    return { existing, problems: await configurationProblems(admin, settings, existing) };
  });
  if (problems.length === 0) return ok(`right for ${existing.length} topics`);
  return worst(problems.map((problem) => findingOf(problem, 'FAIL')));
};
