import type {LoadedConfig} from '../config/load-config.ts';
import {CancellationSource} from '../core/cancellation.ts';
import type {Survey} from '../dataset/survey.ts';
import {surveyInput} from '../dataset/survey-input.ts';
import type {GatewayConfig} from '../manifests/gateway-config.ts';
import {openInput} from '../runtime/input-source.ts';
import {parseSimulatorSettings} from '../simulator/settings/parse-simulator-settings.ts';
import type {AppEnvironment} from './environment.ts';
import {gatewayModels} from './gateway-models.ts';
import {loadServerConfig, type ServerConfiguration, type ServerSources} from './load-server-config.ts';
import {openDeployments} from './open-deployments.ts';
import {openJudges} from './open-judges.ts';
import {judgeNamesOf, modelsOf} from './open-runners.ts';
import {type AgentPlan, declaresAgents, planAgents} from './plan-agents.ts';
import {inputPath, planMaterializing} from './plan-input.ts';

/** What was checked and found usable. */
export interface ValidateReport {
  readonly plans: readonly AgentPlan[];
  readonly config: LoadedConfig;
  readonly gateway: GatewayConfig | undefined;
  /** Undefined when no input was given. */
  readonly survey: Survey | undefined;
}

// Embedded simulators are not started for a check; any address will do for the models that refer to them.
const standInUrl = 'http://127.0.0.1:1';

// Documents of a gateway name no agents: rows are checked for all else.
const anyAgent = {agentName: 'any', knownAgents: undefined};

/** Checks configuration and manifests as a run would use them and, with an input, every row. Opens no port and sends nothing. */
export async function validate(sources: ServerSources, environment: AppEnvironment): Promise<ValidateReport> {
  const configuration = await loadServerConfig(sources, environment);
  const {config, gateway} = configuration;
  const isGatewayOnly = gateway !== undefined && !declaresAgents(config);
  const plans = isGatewayOnly ? [] : planAgents(config);
  await checkServers(plans, configuration, environment);
  const given = config.collect.inputJsonlFpath;
  if (given === undefined) return {plans, config, gateway, survey: undefined};
  const planned = await planMaterializing(config, plans, environment);
  const materializing = isGatewayOnly ? {...planned, ...anyAgent} : planned;
  await using input = await openInput(inputPath(given, environment.cwd), {
    stdin: environment.stdin,
    spoolFolder: environment.cwd,
    cancellation: new CancellationSource(),
  });
  const survey = await surveyInput(input, materializing);
  for (const notice of survey.notices) environment.logger.warn(notice);
  return {plans, config, gateway, survey};
}

async function checkServers(
  plans: readonly AgentPlan[],
  {config, gateway}: ServerConfiguration,
  environment: AppEnvironment,
): Promise<void> {
  const simulatorUrls = new Map<string, string>();
  for (const [name, {settings, sourceDir, path}] of config.simulators) {
    parseSimulatorSettings(settings, {file: config.locate(path).file, sourceDir});
    simulatorUrls.set(name, standInUrl);
  }
  const models = [...modelsOf(plans, config), ...gatewayModels(gateway)];
  await using deployments = openDeployments(config, environment, {models, simulatorUrls});
  await openJudges(judgeNamesOf(plans), config, deployments, environment);
}
