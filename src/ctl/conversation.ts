import type { Signer } from '../common/control/signature.ts';
import type { Answers } from './answers.ts';
import type { Fleet } from './fleet.ts';
import type { Request } from './requests.ts';

/** What is asked of whom. */
export interface Question {
  /** A sensor id, or *. */
  sensor: string;
  requests: readonly Request[];
  signer: Signer | null;
  json: boolean;
}

/** A question, who was there when it was asked, and what has been answered so far. */
export interface Conversation {
  question: Question;
  fleet: Fleet;
  /** Of each request. */
  answers: readonly Answers[];
  /** Sensors that are meant, but are not there to answer. */
  waiting: readonly string[];
  /** ms since 1970. */
  sentAt: number;
}
