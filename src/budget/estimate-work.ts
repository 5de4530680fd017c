import {noWork, type Workload} from '../core/prompt-size.ts';
import type {RoleEstimate, WorkEstimate} from '../core/run-estimate.ts';
import type {AgentTerms, JudgeTerms} from './agent-terms.ts';
import {costOfTokens, type Price} from './price.ts';

/** Tokens of an answer whose request sets no maximum: what Azure itself reckons with then (azure-openai.md §5.2). A guess. */
export const customaryAnswer = 640;
const customaryVerdict = 100;
// Of a verdict's prompt beside the question: an answer and an expected one.
const judgedTokens = 64;

/** What a judge's prompts and verdicts on so many rollouts come to, in tokens. */
export function judgeWork(
  {rollouts, promptTokens}: Workload,
  judge: JudgeTerms,
): {readonly inputTokens: number; readonly outputTokens: number} {
  return {
    inputTokens: promptTokens + rollouts * (judge.promptTokens + judgedTokens),
    outputTokens: rollouts * Math.min(judge.maxOutputTokens ?? customaryVerdict, customaryVerdict),
  };
}

/**
 * What rollouts will take, before any of them has run: prompts by their length, answers by their requests' maximum, which
 * they will not pass, or else by custom; a verdict each.
 */
export function estimateWork(
  work: ReadonlyMap<string, Workload>,
  termsOf: (agentName: string) => AgentTerms | undefined,
): WorkEstimate {
  let policy: RoleEstimate = noRole;
  let judge: RoleEstimate | undefined;
  let all = noWork;
  for (const [agentName, each] of work) {
    const terms = termsOf(agentName);
    const unbounded = each.rollouts - each.boundedRollouts;
    policy = addRole(policy, each.promptTokens, each.boundTokens + unbounded * customaryAnswer, terms?.price);
    if (terms?.judge !== undefined) {
      const {inputTokens, outputTokens} = judgeWork(each, terms.judge);
      judge = addRole(judge ?? noRole, inputTokens, outputTokens, terms.judge.price);
    }
    all = {
      ...all,
      rollouts: all.rollouts + each.rollouts,
      boundedRollouts: all.boundedRollouts + each.boundedRollouts,
    };
  }
  const basis = all.rollouts === all.boundedRollouts ? 'max_output_tokens' : 'guess';
  return {policy, judge, basis};
}

const noRole: RoleEstimate = {inputTokens: 0, outputTokens: 0, costUsd: 0};

function addRole(
  role: RoleEstimate,
  inputTokens: number,
  outputTokens: number,
  price: Price | undefined,
): RoleEstimate {
  const isKnown = price !== undefined && role.costUsd !== undefined;
  return {
    inputTokens: role.inputTokens + inputTokens,
    outputTokens: role.outputTokens + outputTokens,
    costUsd: isKnown ? role.costUsd + costOfTokens(inputTokens, outputTokens, price) : undefined,
  };
}
