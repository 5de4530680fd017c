import {dirname, resolve} from 'node:path';
import type {LoadedConfig} from '../config/load-config.ts';
import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {parseSimulatorSettings, type SettingsOrigin} from '../simulator/settings/parse-simulator-settings.ts';
import type {SimulatorSettings} from '../simulator/settings/simulator-settings.ts';
import {type Simulator, startSimulator} from '../simulator/simulator.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {refuseOpenBind} from './refuse-open-bind.ts';

export interface StandaloneAddress {
  /** Wins over the configuration's. */
  readonly host: string | undefined;
  /** Wins over the configuration's; 0 takes a free one. */
  readonly port: number | undefined;
}

/** A simulator with the name of its instance, or `simulator`. */
export interface StandaloneSimulator {
  readonly name: string;
  readonly simulator: Simulator;
}

const defaultHost = '127.0.0.1';
const defaultPort = 8900;
const notOfTheSimulator: ReadonlySet<string> = new Set(['config_paths', 'server_token', 'default_host']);
// Without settings, whatever deployment is asked for echoes the prompt, for any key.
const openHouse: JsonObject = {
  allow_any_key: true,
  allow_undefined_deployments: true,
  answers: [{echo: true}],
};

/**
 * Starts the simulator that a configuration describes: its one `simulators` instance, or the document itself when it holds
 * nothing but simulator settings. Fails with `ERR_CONFIG` or `ERR_PORT_IN_USE`.
 */
export async function openStandaloneSimulator(
  sources: ConfigSources,
  address: StandaloneAddress,
  environment: AppEnvironment,
): Promise<StandaloneSimulator> {
  const config = await loadRunConfig(sources, environment);
  const {name, settings, origin, host, port} = chooseSettings(config, environment);
  const parsed = parseSimulatorSettings(settings, origin);
  const {serverToken} = config;
  const chosenHost = address.host ?? host ?? defaultHost;
  refuseOpenBind(chosenHost, serverToken);
  const simulator = await startSimulator(acceptingToken(parsed, serverToken), {
    clock: environment.clock,
    logger: environment.logger,
    host: chosenHost,
    port: address.port ?? port ?? defaultPort,
    token: serverToken,
  });
  return {name, simulator};
}

interface ChosenSettings {
  readonly name: string;
  readonly settings: JsonObject;
  readonly origin: SettingsOrigin;
  readonly host?: string;
  readonly port?: number;
}

function chooseSettings(config: LoadedConfig, {cwd}: AppEnvironment): ChosenSettings {
  const [instance, ...others] = config.simulators.values();
  if (others.length > 0) throw severalSimulators([...config.simulators.keys()]);
  if (instance !== undefined) {
    const {name, settings, sourceDir, host, port, path} = instance;
    return {name, settings, origin: {file: config.locate(path).file, sourceDir}, host, port};
  }
  const {document, envOnlyKeys, mainFile: file} = config;
  const settings = Object.fromEntries(
    Object.entries(document).filter(([key]) => !envOnlyKeys.has(key) && !notOfTheSimulator.has(key)),
  );
  const origin = {file, sourceDir: file === undefined ? cwd : dirname(resolve(file))};
  return {name: 'simulator', settings: Object.keys(settings).length === 0 ? openHouse : settings, origin};
}

/** Who may come in may also ask: the token is one of the resource's keys. */
function acceptingToken(settings: SimulatorSettings, token: string | undefined): SimulatorSettings {
  return token === undefined ? settings : {...settings, keys: [...settings.keys, token]};
}

function severalSimulators(names: readonly string[]): RollcallError {
  return new RollcallError(`the configuration declares several simulators: ${names.join(', ')}`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give a configuration with one of them.',
  });
}
