import type {AgentTerms} from '../budget/agent-terms.ts';
import {Budget} from '../budget/budget.ts';
import {withinBudget} from '../budget/within-budget.ts';
import type {CollectConfig} from '../config/collect-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {CancellationSource} from '../core/cancellation.ts';
import {CancelledError} from '../core/errors.ts';
import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {RolloutRunner} from '../core/ports.ts';
import type {Rollout} from '../core/rollout.ts';
import {addSpending} from '../core/spending.ts';
import {spendingInFailure, spendingInRecord, spendingOnCopiesInRecord} from '../core/spending-in-record.ts';
import {checkPrices} from './check-prices.ts';
import type {AppEnvironment} from './environment.ts';
import type {AgentPlan} from './plan-agents.ts';
import type {EarlierRecords} from './run-output.ts';

/** Why a run started no more although rollouts were owed. */
export type EarlyEnd =
  | {readonly kind: 'deadline'; readonly limitMs: number}
  /** Over all runs of this output, in US dollars or tokens. */
  | {readonly kind: 'max_cost' | 'max_tokens_total'; readonly limit: number; readonly spent: number};

/** A run's deadline and budget. Where neither is set, nothing is in its way. */
export interface RunLimits extends Disposable {
  /** Undefined without a budget. */
  readonly onEarlier: EarlierRecords | undefined;
  /** The same rollouts, as long as they may start. */
  owed(rollouts: AsyncIterable<Rollout>): AsyncIterable<Rollout>;
  /** The same runners; what their rollouts use is booked. */
  runners(runnerOf: (agentName: string) => RolloutRunner): (agentName: string) => RolloutRunner;
  /** Why the run ended early; `left`: rollouts that had no chance. */
  earlyEnd(left: number): EarlyEnd | undefined;
}

export interface RunLimitsOptions {
  readonly plans: readonly AgentPlan[];
  readonly config: LoadedConfig;
  /** By agent name. */
  readonly terms: ReadonlyMap<string, AgentTerms>;
  /** Cancelled when the deadline comes. */
  readonly stopStarting: CancellationSource;
  /** When the run began, by the monotonic clock. */
  readonly beganAtMs: number;
}

/** Sets the deadline and opens the budget. Fails with `ERR_CONFIG` if a limit on costs meets a model whose price is not known. */
export function openRunLimits(options: RunLimitsOptions, environment: AppEnvironment): RunLimits {
  const {config, plans, stopStarting} = options;
  const {deadline} = config.collect;
  checkPrices(plans, config, environment.logger);
  const budget = openBudget(options);
  const deadlineReason = new CancelledError('the deadline came');
  const stopTimer = setDeadline(deadline, deadlineReason, options, environment);
  return {
    onEarlier: budget && earlierRecords(budget),
    owed: (rollouts) => (budget === undefined ? rollouts : withinBudget(rollouts, budget)),
    runners: (runnerOf) => (budget === undefined ? runnerOf : meteredRunners(runnerOf, budget)),
    earlyEnd(left) {
      if (left === 0) return undefined;
      if (deadline !== undefined && stopStarting.reason === deadlineReason)
        return {kind: 'deadline', limitMs: deadline};
      return budget && budgetEnd(budget, config.collect);
    },
    [Symbol.dispose]() {
      stopTimer();
      budget?.release();
    },
  };
}

function openBudget({terms, config, stopStarting}: RunLimitsOptions): Budget | undefined {
  const {maxCost, maxTokensTotal} = config.collect;
  if (maxCost === undefined && maxTokensTotal === undefined) return undefined;
  const termsOf = (agentName: string): AgentTerms => terms.get(agentName) ?? unknownAgent;
  return new Budget({caps: {costUsd: maxCost, tokens: maxTokensTotal}, termsOf, stop: stopStarting});
}

const unknownAgent: AgentTerms = {price: undefined, isRemote: true, judge: undefined};

function setDeadline(
  deadline: number | undefined,
  reason: CancelledError,
  {stopStarting, beganAtMs}: RunLimitsOptions,
  {clock, logger}: AppEnvironment,
): () => void {
  if (deadline === undefined) return () => undefined;
  const leftMs = Math.max(0, deadline - (clock.monotonic() - beganAtMs));
  return clock.setTimer(leftMs, () => {
    logger.info('The deadline came: nothing more starts, what is on the wire and what was answered may end.');
    stopStarting.cancel(reason);
  });
}

function earlierRecords(budget: Budget): EarlierRecords {
  return {
    completed(record) {
      const spending = {...spendingInRecord(record), copies: spendingOnCopiesInRecord(record)};
      budget.addEarlier(agentOf(record), paramsOf(record), spending);
    },
    failed(record) {
      const spent = addSpending(spendingInFailure(record), spendingOnCopiesInRecord(record));
      budget.addEarlierFailure(agentOf(record), spent);
    },
  };
}

function agentOf(record: JsonObject): string {
  return asString(asJsonObject(record['agent_ref'])?.['name']) ?? '';
}

function paramsOf(record: JsonObject): JsonObject {
  return asJsonObject(record['responses_create_params']) ?? {};
}

/** Made once for each agent: a runner is asked for with every rollout. */
function meteredRunners(
  runnerOf: (agentName: string) => RolloutRunner,
  budget: Budget,
): (agentName: string) => RolloutRunner {
  const metered = new Map<string, RolloutRunner>();
  return (agentName) => {
    const known = metered.get(agentName);
    if (known !== undefined) return known;
    const runner = budget.metering(runnerOf(agentName));
    metered.set(agentName, runner);
    return runner;
  };
}

function budgetEnd({shortOf, spent}: Budget, {maxCost, maxTokensTotal}: CollectConfig): EarlyEnd | undefined {
  if (shortOf === 'max_cost') return {kind: shortOf, limit: maxCost ?? 0, spent: spent.costUsd};
  return shortOf && {kind: shortOf, limit: maxTokensTotal ?? 0, spent: spent.tokens};
}
