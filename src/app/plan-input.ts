import {dirname, resolve, sep} from 'node:path';
import type {LoadedConfig} from '../config/load-config.ts';
import {resolvePackagedPath} from '../config/packaged-path.ts';
import type {Cancellation} from '../core/cancellation.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {MaterializeOptions} from '../dataset/materialize-options.ts';
import {loadPromptConfig} from '../dataset/prompt-config.ts';
import {type InputSource, openInput} from '../runtime/input-source.ts';
import {packageRoot} from '../runtime/installation.ts';
import type {AppEnvironment} from './environment.ts';
import {type AgentPlan, defaultAgentName} from './plan-agents.ts';

/** What is read and written; `-` is standard input or output, other paths are absolute. */
export interface RunPaths {
  readonly input: string;
  readonly output: string;
}

const standardStream = '-';

/** Where a collection reads and writes. Fails with `ERR_USAGE` that names both when both are missing. */
export function pathsOf({collect}: LoadedConfig, {cwd}: AppEnvironment): RunPaths {
  const {inputJsonlFpath, outputJsonlFpath} = collect;
  const problems: Problem[] = [];
  if (inputJsonlFpath === undefined)
    problems.push({message: 'no input: give --input PATH or +input_jsonl_fpath=PATH'});
  if (outputJsonlFpath === undefined)
    problems.push({message: 'no output: give --output PATH or +output_jsonl_fpath=PATH'});
  if (inputJsonlFpath === undefined || outputJsonlFpath === undefined) {
    throw new RollcallError('what to collect is not said', {code: 'ERR_USAGE', fault: 'usage', problems});
  }
  return {
    input: inputPath(inputJsonlFpath, cwd),
    output: outputJsonlFpath === standardStream ? outputJsonlFpath : outputPath(outputJsonlFpath, cwd),
  };
}

/** A slash at the end stays: it says that a folder is meant, which an output cannot be. */
function outputPath(given: string, cwd: string): string {
  return resolve(cwd, given) + (/[\\/]$/.test(given) ? sep : '');
}

/** An input path as the user gave it: from here, a packaged file by NeMo Gym's path, or `-`. */
export function inputPath(given: string, cwd: string): string {
  if (given === standardStream) return given;
  return resolvePackagedPath(given, {cwd, packageRoot}) ?? resolve(cwd, given);
}

/** Opens what rows are read from. Standard input is spooled beside the output, since it is read twice. */
export function openRunInput(
  {input, output}: RunPaths,
  {stdin, cwd}: AppEnvironment,
  cancellation: Cancellation,
): Promise<InputSource> {
  const spoolFolder = output === standardStream ? cwd : dirname(output);
  return openInput(input, {stdin, spoolFolder, cancellation});
}

/** How the rows of this run become rollouts. Fails with `ERR_PROMPT_CONFIG` on a template that cannot be used. */
export async function planMaterializing(
  config: LoadedConfig,
  plans: readonly AgentPlan[],
  {cwd}: AppEnvironment,
): Promise<MaterializeOptions> {
  const {limit, numRepeats, numRepeatsAddSeed, responsesCreateParams, promptConfig} = config.collect;
  return {
    limit,
    numRepeats,
    addSeed: numRepeatsAddSeed,
    overrides: responsesCreateParams,
    promptConfig:
      promptConfig === undefined ? undefined : await loadPromptConfig(inputPath(promptConfig, cwd)),
    agentName: defaultAgentName(config, plans),
    knownAgents: plans.map(({name}) => name),
  };
}
