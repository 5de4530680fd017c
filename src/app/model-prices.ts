import {PriceFinder} from '../budget/price-book.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import {asJsonObject, asString} from '../core/json.ts';

/** Whose prices are asked for. */
export interface PricedDeployment {
  /** As Azure names it. */
  readonly deployment: string;
  /** What it is called among several of a model. */
  readonly entryName?: string | undefined;
}

/** The prices of what an instance's deployment answers. */
export function modelPrices(
  settings: ModelConfig,
  {deployment, entryName}: PricedDeployment,
  config: LoadedConfig,
): PriceFinder {
  const {name, modelFamily} = settings;
  const models = [modelFamily, simulatedModel(settings, deployment, config), deployment];
  return new PriceFinder(config.prices, {
    names: [...(entryName === undefined ? [] : [entryName]), deployment, name],
    models: models.filter((model) => model !== undefined),
  });
}

/** The model that an embedded simulator's deployment says it is. */
function simulatedModel(
  {openaiBaseUrl}: ModelConfig,
  deployment: string,
  {simulators}: LoadedConfig,
): string | undefined {
  if (typeof openaiBaseUrl !== 'object') return undefined;
  const deployments = asJsonObject(simulators.get(openaiBaseUrl.name)?.settings['deployments']);
  return asString(asJsonObject(deployments?.[deployment])?.['model']);
}
