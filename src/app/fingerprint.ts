import {createHash} from 'node:crypto';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import type {JsonObject, JsonValue} from '../core/json.ts';
import {formatShard} from '../core/shard.ts';
import type {MaterializeOptions} from '../dataset/materialize-options.ts';
import {endpointOf} from './open-deployments.ts';
import {readJudgePrompt} from './open-judges.ts';
import type {AgentPlan, Scoring} from './plan-agents.ts';

/**
 * Everything that changes answers: the input, how rows become rollouts, which share of them this is, which deployment answers and how it is asked, who
 * judges and with what prompt. Addresses, limits and time limits are not in it: a run may go on elsewhere or slower.
 */
export async function fingerprintOf(
  inputDigest: string,
  {limit, shard, numRepeats, addSeed, overrides, promptConfig, agentName}: MaterializeOptions,
  plans: readonly AgentPlan[],
  config: LoadedConfig,
): Promise<JsonObject> {
  const agents: [string, JsonValue][] = [];
  for (const plan of plans) agents.push([plan.name, await agentFingerprint(plan, config)]);
  return {
    input_sha256: inputDigest,
    limit: limit ?? null,
    ...(shard === undefined ? {} : {shard: formatShard(shard)}),
    num_repeats: numRepeats,
    num_repeats_add_seed: addSeed,
    responses_create_params: overrides,
    prompt_config:
      promptConfig === undefined ? null : {user: promptConfig.user, system: promptConfig.system ?? null},
    agent_name: agentName ?? null,
    agents: Object.fromEntries(agents),
  };
}

const elsewhere = 'a server that runs elsewhere';

async function agentFingerprint(plan: AgentPlan, config: LoadedConfig): Promise<JsonValue> {
  if (plan.kind === 'remote') {
    if (plan.scoring === undefined) return elsewhere;
    return {agent: elsewhere, judge: await scoringFingerprint(plan.scoring, config)};
  }
  const {modelName, scoring, maxSteps, tools} = plan;
  return {
    model: modelFingerprint(modelName, config),
    judge: await scoringFingerprint(scoring, config),
    ...(maxSteps === undefined ? {} : {max_steps: maxSteps}),
    ...(tools === undefined ? {} : {tools: tools.name}),
  };
}

/** Of several deployments, each kind once: where they are, and how many, changes no answer. */
function modelFingerprint(name: string, {models, simulators}: LoadedConfig): JsonValue {
  const settings = models.get(name);
  if (settings === undefined) return null;
  if (settings.deployments.length === 0) return deploymentFingerprint(settings, simulators);
  const kinds = settings.deployments.map((entry) =>
    JSON.stringify(deploymentFingerprint(entry.settings, simulators)),
  );
  const [only, ...others] = [...new Set(kinds)].sort().map((kind) => JSON.parse(kind) as JsonObject);
  return only !== undefined && others.length > 0 ? {deployments: [only, ...others]} : (only ?? null);
}

function deploymentFingerprint(settings: ModelConfig, simulators: LoadedConfig['simulators']): JsonObject {
  const {openaiBaseUrl, openaiModel, upstreamApi, modelFamily} = settings;
  const simulator = typeof openaiBaseUrl === 'object' ? simulators.get(openaiBaseUrl.name) : undefined;
  return {
    deployment: openaiModel ?? endpointOf(settings, new Map()).deployment ?? null,
    upstream_api: upstreamApi ?? null,
    model_family: modelFamily ?? null,
    ...(simulator === undefined ? {} : {simulator_sha256: digest(JSON.stringify(simulator.settings))}),
  };
}

function scoringFingerprint(scoring: Scoring, config: LoadedConfig): JsonValue | Promise<JsonValue> {
  switch (scoring.kind) {
    case 'judge':
      return judgeFingerprint(scoring.name, config);
    case 'remote':
      return elsewhere;
    case 'nobody':
      return scoring.reward === undefined ? null : {skip_verification_reward: scoring.reward};
  }
}

async function judgeFingerprint(name: string, config: LoadedConfig): Promise<JsonValue> {
  const judge = config.judges.get(name);
  if (judge === undefined) return null;
  return {
    model: modelFingerprint(judge.judgeModelServer.name, config),
    prompt_sha256: digest(await readJudgePrompt(judge, config)),
    judge_responses_create_params: judge.judgeResponsesCreateParams,
    judge_system_message: judge.judgeSystemMessage ?? null,
    judge_equal_label: judge.judgeEqualLabel,
    judge_not_equal_label: judge.judgeNotEqualLabel,
    question_extract_regex: judge.questionExtractRegex ?? null,
    response_extract_regex: judge.responseExtractRegex ?? null,
    msg_extraction_failure: judge.msgExtractionFailure,
    check_twice_swap: judge.checkTwiceSwap,
    reward_if_swap_fails: judge.rewardIfSwapFails,
    use_per_record_regex: judge.usePerRecordRegex,
    extraction_length_threshold: judge.extractionLengthThreshold ?? null,
    check_full_generation_on_fail: judge.checkFullGenerationOnFail,
    reward_if_full_generation_succeeds: judge.rewardIfFullGenerationSucceeds,
    judge_unparsed: judge.judgeUnparsed,
    verdict_position: judge.verdictPosition,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
