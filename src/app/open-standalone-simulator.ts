import {dirname, resolve} from 'node:path';
import type {LoadedConfig} from '../config/load-config.ts';
import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {parseUpstream} from '../simulator/record/parse-upstream.ts';
import {startRecorder} from '../simulator/record/start-recorder.ts';
import {startReplayer} from '../simulator/replay/start-replayer.ts';
import {parseSimulatorSettings, type SettingsOrigin} from '../simulator/settings/parse-simulator-settings.ts';
import type {SimulatorSettings} from '../simulator/settings/simulator-settings.ts';
import {type Simulator, type SimulatorDeps, startSimulator} from '../simulator/simulator.ts';
import {acceptingToken} from './embedded-simulators.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {refuseOpenBind} from './refuse-open-bind.ts';

export interface StandaloneAddress {
  /** Wins over the configuration's. */
  readonly host: string | undefined;
  /** Wins over the configuration's; 0 takes a free one. */
  readonly port: number | undefined;
}

/** What it answers from: a model of its own, or, where one of these is given, a real resource or what was recorded of one. */
export interface StandaloneSource {
  readonly record: {readonly folder: string; readonly upstream: string} | undefined;
  readonly replay: {readonly folder: string; readonly latency: 'recorded' | 'none'} | undefined;
}

/** A simulator with the name of its instance, or `simulator`. */
export interface StandaloneSimulator {
  readonly name: string;
  /** What it does, for people. */
  readonly title: string;
  readonly simulator: Simulator;
}

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
 * nothing but simulator settings. Fails with `ERR_CONFIG`, `ERR_USAGE`, `ERR_RECORDS` or `ERR_PORT_IN_USE`.
 */
export async function openStandaloneSimulator(
  sources: ConfigSources,
  wanted: StandaloneAddress & StandaloneSource,
  environment: AppEnvironment,
): Promise<StandaloneSimulator> {
  // Before the configuration is read: what is wrong with a flag is told first.
  const start = chooseStart(wanted, environment);
  const config = await loadRunConfig(sources, environment);
  const {name, settings, origin, host, port} = chooseSettings(config, environment);
  const parsed = parseSimulatorSettings({...start.implied, ...settings}, origin);
  const {serverToken} = config;
  const chosenHost = wanted.host ?? host ?? config.defaultHost;
  refuseOpenBind(chosenHost, serverToken);
  const {title, simulator} = await start.open(acceptingToken(parsed, serverToken), {
    clock: environment.clock,
    logger: environment.logger,
    host: chosenHost,
    port: wanted.port ?? port ?? defaultPort,
    token: serverToken,
  });
  return {name, title, simulator};
}

/** How to start what is wanted. */
interface Start {
  /** Settings that need not be written where they mean nothing. */
  readonly implied: JsonObject;
  readonly open: (
    settings: SimulatorSettings,
    deps: SimulatorDeps,
  ) => Promise<Omit<StandaloneSimulator, 'name'>>;
}

const noDeployments: JsonObject = {allow_undefined_deployments: true};

function chooseStart({record, replay}: StandaloneSource, {cwd}: AppEnvironment): Start {
  if (record !== undefined) {
    const upstream = parseUpstream(record.upstream);
    const folder = resolve(cwd, record.folder);
    return {
      implied: noDeployments,
      open: async (settings, deps) => ({
        title: `Recording ${upstream.origin} into ${folder}`,
        simulator: await startRecorder(settings, {upstream, folder}, deps),
      }),
    };
  }
  if (replay !== undefined) {
    const folder = resolve(cwd, replay.folder);
    return {
      implied: noDeployments,
      open: async (settings, deps) => {
        const simulator = await startReplayer(settings, {...replay, folder}, deps);
        return {title: `Replaying ${simulator.records} exchanges of ${folder}`, simulator};
      },
    };
  }
  return {
    implied: {},
    open: async (settings, deps) => ({
      title: 'Azure OpenAI simulator',
      simulator: await startSimulator(settings, deps),
    }),
  };
}

interface ChosenSettings {
  readonly name: string;
  readonly settings: JsonObject;
  readonly origin: SettingsOrigin;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
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

function severalSimulators(names: readonly string[]): RollcallError {
  return new RollcallError(`the configuration declares several simulators: ${names.join(', ')}`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give a configuration with one of them.',
  });
}
