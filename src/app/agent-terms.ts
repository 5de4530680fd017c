import type {AgentTerms, JudgeTerms} from '../budget/agent-terms.ts';
import {higherPrice, type Price} from '../budget/price.ts';
import type {JudgeConfig} from '../config/judge-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import {asNumber} from '../core/json.ts';
import {tokensOfText} from '../core/prompt-size.ts';
import {modelPrices} from './model-prices.ts';
import {endpointOf} from './open-deployments.ts';
import {readJudgePrompt} from './open-judges.ts';
import type {AgentPlan} from './plan-agents.ts';

/** What is known of the planned agents before any rollout, by agent name. Fails with `ERR_CONFIG` on a judge's prompt that cannot be read. */
export async function agentTermsOf(
  plans: readonly AgentPlan[],
  config: LoadedConfig,
): Promise<ReadonlyMap<string, AgentTerms>> {
  const terms = new Map<string, AgentTerms>();
  for (const plan of plans) terms.set(plan.name, await termsOfPlan(plan, config));
  return terms;
}

/** The price of an instance's answers as far as the configuration tells, of several deployments the highest; undefined: not known. */
export function expectedPrice(modelName: string, config: LoadedConfig): Price | undefined {
  const model = config.models.get(modelName);
  if (model === undefined) return undefined;
  const prices = expectedPrices(model, config).map(({price}) => price);
  return prices.reduce((a, b) => a && b && higherPrice(a, b));
}

/** One of a model's deployments, or its only one. */
export interface ExpectedPrice {
  /** What it is to be called among several; undefined: it has no name, or there is but one. */
  readonly name: string | undefined;
  /** As Azure names it. */
  readonly deployment: string;
  readonly path: string;
  readonly price: Price | undefined;
}

/** Of each of a model's deployments what `expectedPrice` says. */
export function expectedPrices(model: ModelConfig, config: LoadedConfig): readonly ExpectedPrice[] {
  const only = {name: undefined, settings: model};
  const entries = model.deployments.length > 0 ? model.deployments : [only];
  return entries.map(({name, settings}) => {
    const deployment = deploymentOf(settings);
    const price = modelPrices(settings, {deployment, entryName: name}, config).expected;
    return {name, deployment, path: settings.path, price};
  });
}

function deploymentOf(settings: ModelConfig): string {
  const ofUrl =
    typeof settings.openaiBaseUrl === 'object' ? undefined : endpointOf(settings, new Map()).deployment;
  return ofUrl ?? settings.openaiModel ?? '';
}

async function termsOfPlan(plan: AgentPlan, config: LoadedConfig): Promise<AgentTerms> {
  if (plan.kind === 'remote') return {price: undefined, isRemote: true, judge: undefined};
  const {modelName, scoring} = plan;
  const judge = scoring.kind === 'judge' ? config.judges.get(scoring.name) : undefined;
  return {
    price: expectedPrice(modelName, config),
    isRemote: false,
    judge: judge && (await judgeTermsOf(judge, config)),
  };
}

async function judgeTermsOf(judge: JudgeConfig, config: LoadedConfig): Promise<JudgeTerms> {
  const {checkTwiceSwap, usePerRecordRegex, checkFullGenerationOnFail} = judge;
  const mayAskTwice = checkTwiceSwap || (usePerRecordRegex && checkFullGenerationOnFail);
  return {
    price: expectedPrice(judge.judgeModelServer.name, config),
    promptTokens:
      tokensOfText(await readJudgePrompt(judge, config)) + tokensOfText(judge.judgeSystemMessage ?? ''),
    maxOutputTokens: asNumber(judge.judgeResponsesCreateParams['max_output_tokens']),
    mostCalls: mayAskTwice ? 2 : 1,
  };
}
