import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import type {AppEnvironment} from './environment.ts';

/** The embedded simulators of a run; they stop with it. */
export interface Simulators extends AsyncDisposable {
  /** Base URLs, by instance name. */
  readonly urls: ReadonlyMap<string, string>;
}

const noSimulators: Simulators = {urls: new Map(), [Symbol.asyncDispose]: () => Promise.resolve()};

/**
 * Starts the named simulators, each on its own port. Most runs have none, and do not load what makes one. Fails with
 * `ERR_CONFIG` or `ERR_PORT_IN_USE`.
 */
export async function openSimulators(
  config: LoadedConfig,
  names: Iterable<string>,
  environment: AppEnvironment,
): Promise<Simulators> {
  const wanted = new Set(names);
  if (wanted.size === 0) return noSimulators;
  const {startEmbeddedSimulators} = await import('./embedded-simulators.ts');
  return startEmbeddedSimulators(config, wanted, environment);
}

/** The simulators that models refer to instead of Azure. */
export function simulatorNamesOf(models: Iterable<ModelConfig>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const model of models) {
    const deployments =
      model.deployments.length > 0 ? model.deployments.map(({settings}) => settings) : [model];
    for (const {openaiBaseUrl} of deployments)
      if (typeof openaiBaseUrl === 'object') names.add(openaiBaseUrl.name);
  }
  return names;
}
