import type {CollectObserver} from '../collect/collect-rollouts.ts';
import type {Outcome} from '../core/rollout.ts';
import type {WorkEstimate} from '../core/run-estimate.ts';
import {addSpending, spendingOf} from '../core/spending.ts';
import type {MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfOutcome} from '../metrics/rollout-facts.ts';
import type {RunSummaryFold} from '../metrics/run-summary.ts';
import type {Hold} from './open-deployment.ts';
import type {Deployments} from './open-deployments.ts';
import type {RunForecast} from './run-forecast.ts';

/** Counts that change while a collection runs; whoever shows progress reads them when it likes. */
export interface LiveCounts {
  readonly owed: number;
  done: number;
  failed: number;
  inFlight: number;
  /** In and out, of policy and judge. */
  tokens: number;
  /** US dollars; undefined as long as none is known. */
  costUsd: number | undefined;
  rewards: number;
  rewardSum: number;
  /** What the run will have used in the end; undefined until enough is known. */
  readonly foretold: () => WorkEstimate | undefined;
  /** What holds calls up: a cool-down, or a lack of quota. */
  readonly hold: () => Hold | undefined;
}

/** Counts of a run that is to do `owed` rollouts and has done nothing. */
export function liveCounts(owed: number, {read}: RunForecast, {hold}: Pick<Deployments, 'hold'>): LiveCounts {
  return {
    owed,
    foretold: read,
    hold,
    done: 0,
    failed: 0,
    inFlight: 0,
    tokens: 0,
    costUsd: undefined,
    rewards: 0,
    rewardSum: 0,
  };
}

/** Who keeps the books of a run. */
export interface Folds {
  readonly metrics: MetricsFold;
  readonly summary: RunSummaryFold;
  readonly forecast: RunForecast;
}

/** Tells all of them what happens. */
export function observerOf(counts: LiveCounts, {metrics, summary, forecast}: Folds): CollectObserver {
  return {
    onStart(rollout) {
      counts.inFlight++;
      forecast.onStart(rollout);
    },
    onCalledOff(rollout) {
      counts.inFlight--;
      forecast.onCalledOff(rollout);
    },
    onOutcome(outcome) {
      count(counts, outcome);
      summary.add(outcome);
      forecast.onOutcome(outcome);
      if (outcome.status === 'completed') metrics.add(factsOfOutcome(outcome));
    },
  };
}

function count(counts: LiveCounts, outcome: Outcome): void {
  counts.inFlight--;
  const {policy, judge} = spendingOf(outcome);
  const spent = addSpending(policy, judge);
  if (spent !== undefined) {
    counts.tokens += spent.inputTokens + spent.outputTokens;
    if (spent.costUsd !== undefined) counts.costUsd = (counts.costUsd ?? 0) + spent.costUsd;
  }
  if (outcome.status === 'failed') {
    counts.failed++;
    return;
  }
  counts.done++;
  if (outcome.verification === undefined) return;
  counts.rewards++;
  counts.rewardSum += outcome.verification.reward;
}
