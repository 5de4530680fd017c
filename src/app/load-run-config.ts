import {type LoadedConfig, loadConfig} from '../config/load-config.ts';
import type {Problem} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {packageRoot} from '../runtime/installation.ts';
import type {AppEnvironment} from './environment.ts';

/** Where a run's configuration comes from. */
export interface ConfigSources {
  readonly configPaths: readonly string[];
  readonly envPath: string | undefined;
  /** NeMo Gym overrides, as bare words. */
  readonly overrides: readonly string[];
  /** Flags under their override keys. */
  readonly values: JsonObject;
}

export interface RunConfigOptions {
  /** False: only the top level is read, for who asks servers that run already. Default true. */
  readonly withServers?: boolean;
}

/** Loads the configuration, teaches the redactor its secrets and warns of what looks wrong in it. */
export async function loadRunConfig(
  sources: ConfigSources,
  environment: AppEnvironment,
  {withServers = true}: RunConfigOptions = {},
): Promise<LoadedConfig> {
  const {configPaths, envPath, overrides, values} = sources;
  const {cwd, env, redactor, logger} = environment;
  const given = {configPaths, envPath, overrides, flags: values, withServers};
  const config = await loadConfig({...given, cwd, env, packageRoot});
  for (const secret of config.secrets) redactor.add(secret);
  for (const warning of config.warnings) logger.warn(describeProblem(warning));
  return config;
}

/** A problem in one line: where, what, what to do. */
export function describeProblem({message, file, line, path, hint}: Problem): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const where = [place, path].filter((part) => part !== undefined && part !== '').join(': ');
  return `${where === '' ? '' : `${where}: `}${message}${hint === undefined ? '' : `. ${hint}`}`;
}
