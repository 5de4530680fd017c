import type {DeploymentUse} from '../core/deployment-use.ts';
import {asJsonArray, asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {CompletedOutcome, FailedOutcome, Outcome, RolloutId} from '../core/rollout.ts';
import {addSpending, type Spending, spendingOf, spendingOnCopies} from '../core/spending.ts';
import {type ClusteredMean, meanByCluster} from './clustered-mean.ts';
import {type Latency, latencyOf} from './latency.ts';
import type {RolloutFacts} from './rollout-facts.ts';
import {type TokenCounts, TokenTally} from './token-tally.ts';
import {ValueColumn} from './value-column.ts';

export type {Latency} from './latency.ts';
export type {TokenCounts} from './token-tally.ts';

/** Failures that share a code; `message` and `hint` are those of the first. */
export interface FailureCount {
  readonly code: string;
  readonly fault: string;
  readonly count: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A rollout that failed in this run. */
export interface FailedRollout {
  readonly id: RolloutId;
  readonly agentName: string;
  readonly code: string;
  /** Its beginning. */
  readonly message: string;
}

/** What a run did, for the one who waited for it. */
export interface RunSummary {
  /** Rollouts this run completed. */
  readonly completed: number;
  /** Rollouts that were in the output before. */
  readonly earlier: number;
  readonly failed: number;
  /** Over completed and earlier rollouts; undefined when none was judged. */
  readonly reward: ClusteredMean | undefined;
  /** Rollouts with a reward of at least 1. */
  readonly passed: number;
  /** Verdicts without a label. */
  readonly unparsedVerdicts: number;
  /** Most frequent first. */
  readonly failures: readonly FailureCount[];
  /** The first thousand. */
  readonly failedRollouts: readonly FailedRollout[];
  readonly policyTokens: TokenCounts;
  readonly judgeTokens: TokenCounts;
  /** HTTP exchanges, failed ones included. */
  readonly policyCalls: number;
  readonly judgeCalls: number;
  /** US dollars of this run, failed rollouts included; undefined where nothing was reported or a price is not known. */
  readonly policyCostUsd: number | undefined;
  readonly judgeCostUsd: number | undefined;
  /** What rollouts that earlier runs completed cost; undefined where a record does not say. */
  readonly earlierCostUsd: number | undefined;
  /** Copies of calls that were broken off, and what they would have used with the answers that were kept. */
  readonly hedgedCopies: number;
  readonly spentOnCopies: Spending | undefined;
  readonly modelLatency: Latency | undefined;
  readonly judgeLatency: Latency | undefined;
  /** Answers cut off by a limit on tokens. */
  readonly truncated: number;
  /** Answers cut off by a content filter. */
  readonly contentFiltered: number;
  readonly wallMs: number;
  /** A simulator gave at least one of the answers. */
  readonly isSimulated: boolean;
  /** What was made of each deployment's limits. */
  readonly deployments: readonly DeploymentUse[];
}

export interface RunSummaryFold {
  /** An outcome of this run, once it is written. */
  add(outcome: Outcome): void;
  /** A rollout that an earlier run completed: it counts for the rewards. */
  addEarlier(facts: RolloutFacts): void;
  finish(options: SummaryEnd): RunSummary;
}

/** What is known only in the end. */
export interface SummaryEnd {
  readonly wallMs: number;
  readonly deployments?: readonly DeploymentUse[] | undefined;
}

const mostFailedRollouts = 1000;
const longestMessage = 500;

/** An empty summary to add outcomes to; keeps four small numbers a rollout. */
export function createRunSummary(): RunSummaryFold {
  const tally = new Tally();
  return {
    add: (outcome) =>
      outcome.status === 'completed' ? tally.addCompleted(outcome) : tally.addFailed(outcome),
    addEarlier: (facts) => tally.addEarlier(facts),
    finish: (end) => tally.toSummary(end),
  };
}

class Tally {
  #completed = 0;
  #earlier = 0;
  #failed = 0;
  #passed = 0;
  #unparsedVerdicts = 0;
  #truncated = 0;
  #contentFiltered = 0;
  #policyCalls = 0;
  #judgeCalls = 0;
  #isSimulated = false;
  #policySpent: Spending | undefined;
  #judgeSpent: Spending | undefined;
  #earlierCostUsd: number | undefined = 0;
  #hedgedCopies = 0;
  #spentOnCopies: Spending | undefined;
  readonly #failures = new Map<string, FailureCount>();
  readonly #failedRollouts: FailedRollout[] = [];
  readonly #policyTokens = new TokenTally();
  readonly #judgeTokens = new TokenTally();
  readonly #rewards = new ValueColumn();
  readonly #rewardTasks = new ValueColumn();
  // In tenths of a millisecond, as records have them: whole numbers take half the room.
  readonly #modelTenths = new ValueColumn();
  readonly #judgeTenths = new ValueColumn();

  addCompleted(outcome: CompletedOutcome): void {
    const {rollout, response, trace, verification, judgeMs} = outcome;
    this.#completed++;
    this.#addSpending(outcome);
    this.#policyCalls += trace.calls;
    this.#modelTenths.push(Math.round(trace.callMs * 10));
    this.#addResponse(response);
    this.#isSimulated ||= trace.simulated === true;
    if (verification === undefined) return;
    this.#judgeTenths.push(Math.round(judgeMs * 10));
    this.#addReward(verification.reward, rollout.id.taskIndex);
    for (const judgeTrace of verification.traces) {
      this.#judgeCalls += judgeTrace.calls;
      this.#isSimulated ||= judgeTrace.simulated === true;
    }
    for (const evaluation of asJsonArray(verification.fields['judge_evaluations']).map(asJsonObject)) {
      if (evaluation?.['verdict_label'] === null) this.#unparsedVerdicts++;
      this.#judgeTokens.add(asJsonObject(evaluation?.['response']));
    }
  }

  addFailed(outcome: FailedOutcome): void {
    const {error, response, trace, rollout} = outcome;
    this.#failed++;
    this.#addSpending(outcome);
    if (trace !== undefined) {
      this.#policyCalls += trace.calls;
      this.#modelTenths.push(Math.round(trace.callMs * 10));
    }
    if (error.fault === 'judge') this.#judgeCalls += error.calls;
    else this.#policyCalls += error.calls;
    if (response !== undefined) this.#addResponse(response);
    const {code, fault, message, hint} = error;
    const known = this.#failures.get(code);
    this.#failures.set(code, {code, fault, message, hint, ...known, count: (known?.count ?? 0) + 1});
    if (this.#failedRollouts.length >= mostFailedRollouts) return;
    const {id, agentName} = rollout;
    this.#failedRollouts.push({id, agentName, code, message: message.slice(0, longestMessage)});
  }

  addEarlier({id, numbers, unparsedVerdicts, costUsd}: RolloutFacts): void {
    this.#earlier++;
    const before = this.#earlierCostUsd;
    this.#earlierCostUsd = before === undefined || costUsd === undefined ? undefined : before + costUsd;
    this.#unparsedVerdicts += unparsedVerdicts;
    const reward = numbers.get('reward');
    if (reward !== undefined) this.#addReward(reward, id.taskIndex);
  }

  #addSpending(outcome: Outcome): void {
    const {policy, judge} = spendingOf(outcome);
    this.#policySpent = addSpending(this.#policySpent, policy);
    this.#judgeSpent = addSpending(this.#judgeSpent, judge);
    this.#hedgedCopies += copiesOf(outcome);
    this.#spentOnCopies = addSpending(this.#spentOnCopies, spendingOnCopies(outcome));
  }

  #addReward(reward: number, taskIndex: number): void {
    this.#rewards.push(reward);
    this.#rewardTasks.push(taskIndex);
    if (reward >= 1) this.#passed++;
  }

  #addResponse(response: JsonObject): void {
    this.#policyTokens.add(response);
    const reason = asString(asJsonObject(response['incomplete_details'])?.['reason']);
    if (reason === 'max_output_tokens') this.#truncated++;
    if (reason === 'content_filter') this.#contentFiltered++;
  }

  toSummary({wallMs, deployments = []}: SummaryEnd): RunSummary {
    return {
      completed: this.#completed,
      earlier: this.#earlier,
      failed: this.#failed,
      reward: meanByCluster(this.#rewards, this.#rewardTasks),
      passed: this.#passed,
      unparsedVerdicts: this.#unparsedVerdicts,
      failures: [...this.#failures.values()].sort((a, b) => b.count - a.count),
      failedRollouts: this.#failedRollouts,
      policyTokens: this.#policyTokens.counts(),
      judgeTokens: this.#judgeTokens.counts(),
      policyCalls: this.#policyCalls,
      judgeCalls: this.#judgeCalls,
      policyCostUsd: this.#policySpent?.costUsd,
      judgeCostUsd: this.#judgeSpent?.costUsd,
      earlierCostUsd: this.#earlierCostUsd,
      hedgedCopies: this.#hedgedCopies,
      spentOnCopies: this.#spentOnCopies,
      modelLatency: latencyOf(this.#modelTenths),
      judgeLatency: latencyOf(this.#judgeTenths),
      truncated: this.#truncated,
      contentFiltered: this.#contentFiltered,
      wallMs,
      isSimulated: this.#isSimulated,
      deployments,
    };
  }
}

function copiesOf(outcome: Outcome): number {
  const ofPolicy = outcome.trace?.hedged?.length ?? 0;
  if (outcome.status === 'failed') return ofPolicy;
  return (outcome.verification?.traces ?? []).reduce((sum, {hedged = []}) => sum + hedged.length, ofPolicy);
}
