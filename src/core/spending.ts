import type {CallTrace, Outcome} from './rollout.ts';

/** What answered calls used, as the service reported it. */
export interface Spending {
  /** Those read from a cache included. */
  readonly inputTokens: number;
  /** Those spent on reasoning included. */
  readonly outputTokens: number;
  /** US dollars; undefined where the price of a call is not known. */
  readonly costUsd: number | undefined;
}

/** What a rollout used, by the role of the model that used it. Undefined: nothing that was reported. */
export interface SpendingByRole {
  readonly policy: Spending | undefined;
  readonly judge: Spending | undefined;
}

/** Both together. What is undefined reported nothing and adds nothing; a cost that is not known makes the sum's unknown. */
export function addSpending(a: Spending | undefined, b: Spending | undefined): Spending | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd === undefined || b.costUsd === undefined ? undefined : a.costUsd + b.costUsd,
  };
}

/** What one attempt used, as far as answers came: a failed one may have had some. */
export function spendingOf(outcome: Outcome): SpendingByRole {
  if (outcome.status === 'failed') {
    const {trace, response, error} = outcome;
    // Once the policy had answered, what else was used was the judge's.
    if (response !== undefined) return {policy: trace?.spent, judge: error.spent};
    return {policy: addSpending(trace?.spent, error.spent), judge: undefined};
  }
  let judge: Spending | undefined;
  for (const {spent} of outcome.verification?.traces ?? []) judge = addSpending(judge, spent);
  return {policy: outcome.trace.spent, judge};
}

/** What the copies of calls that were broken off would have used with the answers that were kept; undefined where there were none. */
export function spendingOnCopies(outcome: Outcome): Spending | undefined {
  const {trace} = outcome;
  let spent = addCopies(undefined, trace);
  if (outcome.status === 'failed') return spent;
  for (const each of outcome.verification?.traces ?? []) spent = addCopies(spent, each);
  return spent;
}

function addCopies(spent: Spending | undefined, trace: CallTrace | undefined): Spending | undefined {
  if (trace?.hedged === undefined) return spent;
  return trace.hedged.reduce((sum, {ifAnswered}) => addSpending(sum, ifAnswered), spent);
}

/** US dollars to a billionth, as they are written: a price is for a million tokens, and one token may cost less than a micro-dollar. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
