import { missingTopics, partitionProblems, topicName } from '../../../common/kafka/topics.ts';
import { type Examine, findingOf, type Group, ok, warn, worst } from '../finding.ts';
import { topicNames } from '../topic-names.ts';

export const group: Group = 'kafka';
export const doc = 'all topics are there, with matching partitions';

export const examine: Examine = async ({ cluster, settings }) => {
  const { missing, problems } = await cluster.ask(async (admin) => {
    const missing = await missingTopics(admin, settings, topicNames);
    const existing = topicNames.filter((name) => !missing.includes(name));
    return { missing, problems: await partitionProblems(admin, settings, existing) };
  });
  if (problems.length > 0) return worst(problems.map((problem) => findingOf(problem, 'FAIL')));
  if (missing.length === 0) return ok(`all ${topicNames.length} of ${settings.topics.prefix}`);
  const names = missing.map((name) => topicName(settings, name)).join(', ');
  return warn(
    `not there, or not to be seen by this user: ${names}`,
    'start port-ticker-consumer and port-ticker-producer, which create what is missing',
  );
};
