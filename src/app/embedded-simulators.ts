import type {LoadedConfig} from '../config/load-config.ts';
import {parseSimulatorSettings} from '../simulator/settings/parse-simulator-settings.ts';
import type {SimulatorSettings} from '../simulator/settings/simulator-settings.ts';
import {type Simulator, startSimulator} from '../simulator/simulator.ts';
import type {AppEnvironment} from './environment.ts';
import type {Simulators} from './open-simulators.ts';
import {isLoopback, refuseOpenBind} from './refuse-open-bind.ts';

const loopbackHost = '127.0.0.1';

/** Starts the named simulators, each on its own port. Fails with `ERR_CONFIG` or `ERR_PORT_IN_USE`. */
export async function startEmbeddedSimulators(
  config: LoadedConfig,
  names: ReadonlySet<string>,
  {clock, logger}: AppEnvironment,
): Promise<Simulators> {
  const running = new Map<string, Simulator>();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...running.values()].map((simulator) => simulator.close()));
  };
  try {
    for (const name of names) {
      const settings = config.simulators.get(name);
      if (settings === undefined) continue;
      const {host = loopbackHost, port = 0, sourceDir, path} = settings;
      const {file} = config.locate(path);
      const {serverToken} = config;
      refuseOpenBind(host, serverToken);
      const parsed = acceptingToken(
        parseSimulatorSettings(settings.settings, {file, sourceDir}),
        serverToken,
      );
      const token = isLoopback(host) ? undefined : serverToken;
      running.set(name, await startSimulator(parsed, {clock, host, port, logger, token}));
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

/** Who may come in may also ask: the token is one of the resource's keys. */
export function acceptingToken(settings: SimulatorSettings, token: string | undefined): SimulatorSettings {
  return token === undefined ? settings : {...settings, keys: [...settings.keys, token]};
}
