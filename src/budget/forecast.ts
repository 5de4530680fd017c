import {noWork, type Workload} from '../core/prompt-size.ts';
import type {WorkEstimate} from '../core/run-estimate.ts';
import type {Spending, SpendingByRole} from '../core/spending.ts';
import {quantities, SampleRing} from './sample-ring.ts';
import {type Running, type Sample, Stratum} from './stratum.ts';

/** So many rollouts must have ended before anything is foretold from them. */
export const enoughToForetell = 50;
// An agent with fewer is foretold by all of them.
const enoughOfAnAgent = 10;

interface Started {
  readonly agentName: string;
  readonly promptTokens: number;
  readonly startMs: number;
}

/** Foretells what a run will have used in the end, from the rollouts that have ended and the prompts of all. See `Stratum`. */
export class Forecast<Key> {
  readonly #waiting = new Map<string, Workload>();
  readonly #running = new Map<Key, Started>();
  readonly #samples = new SampleRing();
  readonly #spent = new Float64Array(quantities);
  readonly #seenOf = new Map<string, number>();
  #pricesAreKnown = true;
  #isJudged = false;

  /** What this run is to do, by agent name. */
  expect(work: ReadonlyMap<string, Workload>): void {
    for (const [agentName, owed] of work) this.#waiting.set(agentName, owed);
  }

  /** Learns from a rollout of an earlier run. */
  addEarlier(agentName: string, promptTokens: number, spending: SpendingByRole): void {
    this.#remember({agentName, promptTokens}, undefined, spending);
  }

  start(
    key: Key,
    {agentName, promptTokens}: {readonly agentName: string; readonly promptTokens: number},
    nowMs: number,
  ): void {
    this.#running.set(key, {agentName, promptTokens, startMs: nowMs});
    this.#addWaiting({agentName, promptTokens}, -1);
  }

  /** For a rollout that was not begun after all. */
  takeBack(key: Key): void {
    const running = this.#running.get(key);
    this.#running.delete(key);
    if (running !== undefined) this.#addWaiting(running, 1);
  }

  end(key: Key, spending: SpendingByRole, nowMs: number): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#running.delete(key);
    const place = this.#remember(running, nowMs - running.startMs, spending);
    for (let kind = 0; kind < quantities; kind++)
      this.#spent[kind] = (this.#spent[kind] ?? 0) + this.#samples.usedAt(place, kind);
  }

  /** What the whole run will have used; undefined before enough rollouts have ended. */
  read(nowMs: number): WorkEstimate | undefined {
    if (!this.#knowsEnough()) return undefined;
    const running = Array.from(this.#running.values(), ({startMs, ...rest}) => ({
      ...rest,
      elapsedMs: nowMs - startMs,
    }));
    const stratumOf = strataOf(this.#samples.samples(), running);
    const totals = Array.from(this.#spent, (spent, kind) => {
      let sum = spent;
      for (const each of running) sum += stratumOf(each.agentName).ofRunning(each, kind);
      for (const [agentName, work] of this.#waiting) sum += stratumOf(agentName).ofWaiting(work, kind);
      return sum;
    });
    return toEstimate(totals, {isJudged: this.#isJudged, pricesAreKnown: this.#pricesAreKnown});
  }

  /** With more in flight than have ended, or an agent of which nearly none has, what has ended tells too little of the rest. */
  #knowsEnough(): boolean {
    if (this.#samples.seen < enoughToForetell) return false;
    const running = new Map<string, number>();
    for (const {agentName} of this.#running.values())
      running.set(agentName, (running.get(agentName) ?? 0) + 1);
    for (const [agentName, {rollouts}] of this.#waiting) {
      const inFlight = running.get(agentName) ?? 0;
      const seen = this.#seenOf.get(agentName) ?? 0;
      if (rollouts + inFlight > 0 && seen < Math.max(enoughOfAnAgent, inFlight)) return false;
    }
    return true;
  }

  #addWaiting(
    {agentName, promptTokens}: {readonly agentName: string; readonly promptTokens: number},
    times: 1 | -1,
  ): void {
    const work = this.#waiting.get(agentName) ?? noWork;
    const {boundedRollouts, boundTokens} = work;
    // Written out: a spread would be slow to read, twice for every rollout.
    this.#waiting.set(agentName, {
      rollouts: Math.max(0, work.rollouts + times),
      promptTokens: Math.max(0, work.promptTokens + times * promptTokens),
      boundedRollouts,
      boundTokens,
    });
  }

  #remember(
    rollout: Pick<Sample, 'agentName' | 'promptTokens'>,
    durationMs: number | undefined,
    spending: SpendingByRole,
  ): number {
    const {agentName} = rollout;
    const {policy, judge} = spending;
    if (judge !== undefined) this.#isJudged = true;
    if (isUnpriced(policy) || isUnpriced(judge)) this.#pricesAreKnown = false;
    this.#seenOf.set(agentName, (this.#seenOf.get(agentName) ?? 0) + 1);
    return this.#samples.add(rollout, durationMs, spending);
  }
}

/** Of each agent, that of its own rollouts if they are enough, else that of all. */
function strataOf(samples: readonly Sample[], running: readonly Running[]): (agentName: string) => Stratum {
  const all = new Stratum(samples, running);
  const strata = new Map<string, Stratum>();
  const names = new Set(samples.map(({agentName}) => agentName));
  for (const name of names.size > 1 ? names : []) {
    const isOwn = ({agentName}: {readonly agentName: string}): boolean => agentName === name;
    const own = samples.filter(isOwn);
    if (own.length >= enoughOfAnAgent) strata.set(name, new Stratum(own, running.filter(isOwn)));
  }
  return (agentName) => strata.get(agentName) ?? all;
}

function isUnpriced(spent: Spending | undefined): boolean {
  return spent !== undefined && spent.costUsd === undefined;
}

function toEstimate(
  totals: readonly number[],
  {isJudged, pricesAreKnown}: {readonly isJudged: boolean; readonly pricesAreKnown: boolean},
): WorkEstimate {
  const [policyIn = 0, policyOut = 0, policyCost = 0, judgeIn = 0, judgeOut = 0, judgeCost = 0] = totals;
  const cost = (usd: number): number | undefined => (pricesAreKnown ? usd : undefined);
  return {
    policy: {inputTokens: policyIn, outputTokens: policyOut, costUsd: cost(policyCost)},
    judge: isJudged ? {inputTokens: judgeIn, outputTokens: judgeOut, costUsd: cost(judgeCost)} : undefined,
    basis: 'answers',
  };
}
