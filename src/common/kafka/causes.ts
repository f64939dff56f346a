export interface Cause {
  /** What Kafka does, as the end of a sentence. */
  what: string;
  /** Of the TickerError. */
  code: string;
  remedy: string;
}

/** Of an answer that refuses records for what they are, so that others may pass: see `isRefusal`. */
const refused = 'KAFKA_REFUSED';

/** What an answer of the brokers is about, by its name in Kafka's protocol; undefined where the name is all there is to say. */
export function causeOf(type: string, topic = 'a topic'): Cause | undefined {
  switch (type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return {
        what: `has no topic ${topic}`,
        code: 'TOPIC_MISSING',
        remedy: 'create it, or restart port-ticker-consumer, which does',
      };
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
      return {
        what: `has too few in-sync replicas of ${topic}`,
        code: 'KAFKA_REPLICAS',
        remedy: 'bring the missing brokers back, or lower min.insync.replicas',
      };
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return {
        what: `finds records for ${topic} too large`,
        code: refused,
        remedy: 'raise max.message.bytes of the topic',
      };
    case 'INVALID_RECORD':
      return {
        what: `finds records for ${topic} invalid`,
        code: refused,
        remedy: "look into the brokers' log for what they check",
      };
    case 'INVALID_TIMESTAMP':
      return {
        what: `refuses the times of records for ${topic}`,
        code: 'KAFKA_CLOCK',
        remedy:
          "set this machine's clock and restart this program, or raise message.timestamp.after.max.ms of the topic",
      };
    case 'KAFKA_STORAGE_ERROR':
      return {
        what: `cannot write ${topic} to its disk`,
        code: 'KAFKA_STORAGE',
        remedy: "free or mend the disk of the brokers' log.dirs",
      };
    default:
      return undefined;
  }
}

/** True for what `causeOf` says of records that are refused for what they are. */
export function isRefusal({ code }: { code: string }): boolean {
  return code === refused;
}
