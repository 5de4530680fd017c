import type {LoadedConfig} from '../config/load-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {Logger} from '../core/ports.ts';
import {expectedPrices} from './agent-terms.ts';
import {judgeNamesOf} from './open-runners.ts';
import {type AgentPlan, localPlans} from './plan-agents.ts';

/**
 * A limit on costs needs the price of every model: one that is not known is an `ERR_CONFIG`, before anything is sent. What
 * servers elsewhere spend on scoring nobody here can know, which is said once.
 */
export function checkPrices(plans: readonly AgentPlan[], config: LoadedConfig, logger: Logger): void {
  if (config.collect.maxCost === undefined) return;
  const problems = [...remoteProblems(plans), ...modelProblems(plans, config)];
  if (problems.length > 0) {
    throw new RollcallError('a limit on costs needs prices that are not known', {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems,
      hint: 'A limit on tokens needs none: --max-tokens-total.',
    });
  }
  const scorers = localPlans(plans).flatMap(({scoring}) => (scoring.kind === 'remote' ? [scoring.url] : []));
  for (const url of new Set(scorers))
    logger.warn(`what ${url} spends on scoring is not known here and does not count against --max-cost`);
}

function remoteProblems(plans: readonly AgentPlan[]): readonly Problem[] {
  return plans
    .filter(({kind}) => kind === 'remote')
    .map(({name}) => ({message: `the agent ${name} runs elsewhere: what its models cost is not known here`}));
}

function modelProblems(plans: readonly AgentPlan[], config: LoadedConfig): readonly Problem[] {
  const policies = localPlans(plans).map(({modelName}) => modelName);
  const judges = judgeNamesOf(plans).flatMap((name) => config.judges.get(name)?.judgeModelServer.name ?? []);
  return [...new Set([...policies, ...judges])].flatMap((name) => {
    const model = config.models.get(name);
    if (model === undefined) return [];
    const unknown = expectedPrices(model, config).filter(({price}) => price === undefined);
    const isAlone = model.deployments.length === 0;
    return unknown.map((one) =>
      problemOf(isAlone ? name : (one.name ?? one.deployment), name, one.path, config),
    );
  });
}

function problemOf(priced: string, model: string, path: string, config: LoadedConfig): Problem {
  const of = priced === model ? model : `${priced}, a deployment of ${model},`;
  const hint = `Set its \`model_family\` to the model behind it, or a price: prices: {${priced}: {input: …, cached_input: …, output: …}}, in US dollars for a million tokens.`;
  return {message: `the price of ${of} is not known`, path, ...config.locate(path), hint};
}
