import type {Spending, SpendingByRole} from '../core/spending.ts';
import type {AgentTerms} from './agent-terms.ts';
import {costOfTokens, higherPrice, type Price} from './price.ts';

/** What a rollout of an earlier run used. A cost that its record lacks, since no price was known then, is that of today's prices. */
export function priceEarlier(
  {policy, judge}: SpendingByRole,
  {price, judge: judgeTerms}: AgentTerms,
): SpendingByRole {
  return {policy: priced(policy, price), judge: priced(judge, judgeTerms?.price)};
}

/** The same for what does not say whose its tokens were, as failed attempts and copies: the dearer model's. */
export function priceEarlierSum(
  spent: Spending | undefined,
  {price, judge}: AgentTerms,
): Spending | undefined {
  return priced(spent, price && judge?.price ? higherPrice(price, judge.price) : price);
}

function priced(spent: Spending | undefined, price: Price | undefined): Spending | undefined {
  if (spent === undefined || spent.costUsd !== undefined || price === undefined) return spent;
  const {inputTokens, outputTokens} = spent;
  return {inputTokens, outputTokens, costUsd: costOfTokens(inputTokens, outputTokens, price)};
}
