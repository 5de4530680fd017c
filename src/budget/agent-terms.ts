import type {Price} from './price.ts';

/** What is known of an agent's rollouts before any has run. */
export interface AgentTerms {
  /** Of the policy; undefined: not known. */
  readonly price: Price | undefined;
  /** It runs elsewhere: how it asks its models is not known here. */
  readonly isRemote: boolean;
  /** The model that judges; undefined: none that is known of. */
  readonly judge: JudgeTerms | undefined;
}

export interface JudgeTerms {
  readonly price: Price | undefined;
  /** Estimated tokens of a judge's prompt without the row's part of it. */
  readonly promptTokens: number;
  /** The most tokens that a verdict may have; undefined: it does not say. */
  readonly maxOutputTokens: number | undefined;
  /** The most that it may be asked about one answer. */
  readonly mostCalls: number;
}
