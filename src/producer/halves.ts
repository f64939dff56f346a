import type { TopicMessages } from 'kafkajs';

/**
 * A batch in two parts, in its order: by topics when there are several, else by messages. Only one part when there is
 * nothing to divide.
 */
export function halves(batch: readonly TopicMessages[]): [TopicMessages[], TopicMessages[]?] {
  if (batch.length > 1) return divided(batch);
  const [only] = batch;
  if (only === undefined || only.messages.length < 2) return [[...batch]];
  const [first, second = []] = divided(only.messages);
  return [[{ ...only, messages: first }], [{ ...only, messages: second }]];
}

function divided<T>(items: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
