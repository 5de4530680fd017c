import type {AgentTerms} from '../budget/agent-terms.ts';
import {customaryAnswer, estimateWork, judgeWork} from '../budget/estimate-work.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {Workload} from '../core/prompt-size.ts';
import type {QuotaTime, RunEstimate, WorkEstimate} from '../core/run-estimate.ts';
import {type AgentPlan, localPlans} from './plan-agents.ts';

export interface RunEstimateOptions {
  readonly plans: readonly AgentPlan[];
  readonly config: LoadedConfig;
  readonly terms: ReadonlyMap<string, AgentTerms>;
  /** What is owed, by agent name. */
  readonly work: ReadonlyMap<string, Workload>;
  /** What earlier runs of the output tell of it, if they do. */
  readonly foretold: WorkEstimate | undefined;
}

/** What the rollouts that are owed will take: tokens, cost, and time at the quota that is configured. */
export function estimateRun(options: RunEstimateOptions): RunEstimate {
  const {terms, work, foretold} = options;
  const rollouts = [...work.values()].reduce((sum, each) => sum + each.rollouts, 0);
  const estimate = foretold ?? estimateWork(work, (name) => terms.get(name));
  return {...estimate, rollouts, quota: quotaTimes(options)};
}

/** What each model's deployment is asked for, and how long it takes at its quota. */
function quotaTimes({plans, config, terms, work}: RunEstimateOptions): readonly QuotaTime[] {
  const asked = new Map<string, {tokens: number; requests: number}>();
  const ask = (name: string, requests: number, tokens: number): void => {
    const before = asked.get(name) ?? {tokens: 0, requests: 0};
    asked.set(name, {tokens: before.tokens + tokens, requests: before.requests + requests});
  };
  for (const {name, modelName, scoring} of localPlans(plans)) {
    const owed = work.get(name);
    if (owed === undefined || owed.rollouts === 0) continue;
    const unbounded = owed.rollouts - owed.boundedRollouts;
    ask(modelName, owed.rollouts, owed.promptTokens + owed.boundTokens + unbounded * customaryAnswer);
    const judge = terms.get(name)?.judge;
    const judgeModel =
      scoring.kind === 'judge' ? config.judges.get(scoring.name)?.judgeModelServer.name : undefined;
    if (judge === undefined || judgeModel === undefined) continue;
    const answers = owed.rollouts * (judge.maxOutputTokens ?? customaryAnswer);
    ask(judgeModel, owed.rollouts, judgeWork(owed, judge).inputTokens + answers);
  }
  return [...asked].map(([name, {tokens, requests}]) => quotaTime(name, tokens, requests, config));
}

function quotaTime(
  name: string,
  chargedTokens: number,
  requests: number,
  {models, collect}: LoadedConfig,
): QuotaTime {
  const model = models.get(name);
  const own = model === undefined ? [] : [model];
  const entries =
    model === undefined || model.deployments.length === 0
      ? own
      : model.deployments.map(({settings}) => settings);
  const tokensPerMinute = sumOf(entries.map(({tpm}) => tpm ?? collect.tpm));
  const requestsPerMinute = sumOf(entries.map(({rpm}) => rpm ?? collect.rpm));
  const isKnown = tokensPerMinute !== undefined || requestsPerMinute !== undefined;
  // The first window's worth goes at once: a minute of tokens, ten seconds of requests.
  const minutes = Math.max(
    0,
    chargedTokens / (tokensPerMinute ?? Number.POSITIVE_INFINITY) - 1,
    requests / (requestsPerMinute ?? Number.POSITIVE_INFINITY) - 1 / 6,
  );
  return {
    name,
    chargedTokens,
    requests,
    tokensPerMinute,
    requestsPerMinute,
    minutes: isKnown ? minutes : undefined,
  };
}

/** Of several deployments together; undefined where one is not known. */
function sumOf(limits: readonly (number | undefined)[]): number | undefined {
  if (limits.length === 0) return undefined;
  return limits.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b));
}
