import type {LoadedConfig} from '../config/load-config.ts';
import {CancellationSource} from '../core/cancellation.ts';
import type {Survey} from '../dataset/survey.ts';
import {surveyInput} from '../dataset/survey-input.ts';
import {openInput} from '../runtime/input-source.ts';
import {parseSimulatorSettings} from '../simulator/settings/parse-simulator-settings.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {openDeployments} from './open-deployments.ts';
import {modelNamesOf, openRunners} from './open-runners.ts';
import {type AgentPlan, planAgents} from './plan-agents.ts';
import {inputPath, planMaterializing} from './plan-input.ts';

/** What was checked and found usable. */
export interface ValidateReport {
  readonly plans: readonly AgentPlan[];
  readonly config: LoadedConfig;
  /** Undefined when no input was given. */
  readonly survey: Survey | undefined;
}

// Embedded simulators are not started for a check; any address will do for the models that refer to them.
const standInUrl = 'http://127.0.0.1:1';

/** Checks the configuration as a run would use it and, with an input, every row. Opens no port and sends nothing. */
export async function validate(sources: ConfigSources, environment: AppEnvironment): Promise<ValidateReport> {
  const config = await loadRunConfig(sources, environment);
  const plans = planAgents(config);
  await checkServers(plans, config, environment);
  const given = config.collect.inputJsonlFpath;
  if (given === undefined) return {plans, config, survey: undefined};
  const materializing = await planMaterializing(config, plans, environment);
  await using input = await openInput(inputPath(given, environment.cwd), {
    stdin: environment.stdin,
    spoolFolder: environment.cwd,
    cancellation: new CancellationSource(),
  });
  const survey = await surveyInput(input, materializing);
  for (const notice of survey.notices) environment.logger.warn(notice);
  return {plans, config, survey};
}

async function checkServers(
  plans: readonly AgentPlan[],
  config: LoadedConfig,
  environment: AppEnvironment,
): Promise<void> {
  const simulatorUrls = new Map<string, string>();
  for (const [name, {settings, sourceDir, path}] of config.simulators) {
    parseSimulatorSettings(settings, {file: config.locate(path).file, sourceDir});
    simulatorUrls.set(name, standInUrl);
  }
  const names = modelNamesOf(plans, config);
  await using deployments = openDeployments(config, environment, {names, simulatorUrls});
  await openRunners(plans, config, deployments, environment);
}
