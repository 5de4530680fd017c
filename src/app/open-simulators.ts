import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import {parseSimulatorSettings} from '../simulator/settings/parse-simulator-settings.ts';
import {type Simulator, startSimulator} from '../simulator/simulator.ts';
import type {AppEnvironment} from './environment.ts';
import {refuseOpenBind} from './refuse-open-bind.ts';

/** The embedded simulators of a run; they stop with it. */
export interface Simulators extends AsyncDisposable {
  /** Base URLs, by instance name. */
  readonly urls: ReadonlyMap<string, string>;
}

/** Starts the named simulators, each on its own port. Fails with `ERR_CONFIG` or `ERR_PORT_IN_USE`. */
export async function openSimulators(
  config: LoadedConfig,
  names: Iterable<string>,
  {clock, logger}: AppEnvironment,
): Promise<Simulators> {
  const running = new Map<string, Simulator>();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...running.values()].map((simulator) => simulator.close()));
  };
  try {
    for (const name of new Set(names)) {
      const settings = config.simulators.get(name);
      if (settings === undefined) continue;
      const {host, port, sourceDir, path} = settings;
      const {file} = config.locate(path);
      refuseOpenBind(host, undefined);
      const parsed = parseSimulatorSettings(settings.settings, {file, sourceDir});
      running.set(name, await startSimulator(parsed, {clock, host, port, logger}));
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    urls: new Map([...running].map(([name, {url}]) => [name, url])),
    [Symbol.asyncDispose]: closeAll,
  };
}

/** The simulators that models refer to instead of Azure. */
export function simulatorNamesOf(models: Iterable<ModelConfig>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const {openaiBaseUrl} of models) if (typeof openaiBaseUrl === 'object') names.add(openaiBaseUrl.name);
  return names;
}
