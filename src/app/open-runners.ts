import {readFile} from 'node:fs/promises';
import {createSimpleAgent} from '../agent/simple-agent.ts';
import {limitTime, runLocally} from '../collect/run-rollout.ts';
import type {JudgeConfig} from '../config/judge-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {RollcallError} from '../core/errors.ts';
import type {Judge, RolloutRunner} from '../core/ports.ts';
import {createAdmission} from '../dispatch/admission.ts';
import {limitModel} from '../dispatch/dispatch-model.ts';
import {createEquivalenceJudge} from '../judge/equivalence-judge.ts';
import type {AppEnvironment} from './environment.ts';
import type {Deployments} from './open-deployments.ts';
import type {AgentPlan} from './plan-agents.ts';

export interface Runners {
  /** Fails for a name that is not planned: rows were checked against the plan before. */
  readonly runnerOf: (agentName: string) => RolloutRunner;
  /** Rollouts in flight that keep every deployment busy: its policy's limit, and its judge's beside it. */
  readonly width: number;
}

/** Puts each planned agent together: its model, its judge, their limits. Fails with `ERR_CONFIG` on a judge that cannot work. */
export async function openRunners(
  plans: readonly AgentPlan[],
  config: LoadedConfig,
  deployments: Deployments,
  environment: AppEnvironment,
): Promise<Runners> {
  const judges = await openJudges(plans, config, deployments, environment);
  const {clock} = environment;
  const runners = new Map<string, RolloutRunner>(
    plans.map(({name, modelName, judgeName, unscoredReward, timeoutMs}) => {
      const agent = createSimpleAgent({}, deployments.get(modelName).asPolicy);
      const judge = judgeName === undefined ? givingReward(unscoredReward) : judges.get(judgeName);
      return [name, limitTime(runLocally({agent, judge, resources: undefined}, clock), timeoutMs, clock)];
    }),
  );
  return {
    runnerOf(agentName) {
      const runner = runners.get(agentName);
      if (runner === undefined) throw new Error(`no runner for agent ${agentName}`);
      return runner;
    },
    width: widthOf(plans, config, deployments),
  };
}

/** Nobody judges: the record says so and has the reward that the user set, as NeMo Gym's agents do it. Without one it has none. */
function givingReward(reward: number | undefined): Judge | undefined {
  if (reward === undefined) return undefined;
  return () => Promise.resolve({reward, fields: {verification_skipped: true}, traces: []});
}

/** Model instances that the planned agents and judges call. */
export function modelNamesOf(plans: readonly AgentPlan[], config: LoadedConfig): readonly string[] {
  return plans.flatMap(({modelName, judgeName}) => {
    const judge = judgeName === undefined ? undefined : config.judges.get(judgeName);
    return judge === undefined ? [modelName] : [modelName, judge.judgeModelServer.name];
  });
}

/** The text of a judge's prompt, wherever the configuration has it. Fails with `ERR_CONFIG` when the file cannot be read. */
export async function readJudgePrompt(judge: JudgeConfig, config: LoadedConfig): Promise<string> {
  const {judgePromptTemplate, judgePromptTemplatePath, path} = judge;
  if (judgePromptTemplate !== undefined) return judgePromptTemplate;
  const file = judgePromptTemplatePath ?? '';
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new RollcallError('the prompt of a judge cannot be read', {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems: [
        {
          message: `${file}: ${reason}`,
          path: `${path}.judge_prompt_template_fpath`,
          ...config.locate(`${path}.judge_prompt_template_fpath`),
          hint: 'Give a path from here or beside the configuration, or the text itself as judge_prompt_template.',
        },
      ],
      cause: error,
    });
  }
}

async function openJudges(
  plans: readonly AgentPlan[],
  config: LoadedConfig,
  deployments: Deployments,
  environment: AppEnvironment,
): Promise<ReadonlyMap<string, Judge>> {
  const judges = new Map<string, Judge>();
  for (const {judgeName} of plans) {
    const settings = judgeName === undefined ? undefined : config.judges.get(judgeName);
    if (settings === undefined || judges.has(settings.name)) continue;
    judges.set(settings.name, await openJudge(settings, config, deployments, environment));
  }
  return judges;
}

async function openJudge(
  settings: JudgeConfig,
  config: LoadedConfig,
  deployments: Deployments,
  {clock, logger}: AppEnvironment,
): Promise<Judge> {
  const judgePromptTemplate = await readJudgePrompt(settings, config);
  const {asJudge} = deployments.get(settings.judgeModelServer.name);
  const limit = settings.judgeEndpointMaxConcurrency;
  const model =
    limit === undefined
      ? asJudge
      : limitModel(asJudge, createAdmission({limit, clock}), () => clock.monotonic());
  const extractionLengthThreshold = settings.extractionLengthThreshold ?? null;
  return createEquivalenceJudge({...settings, judgePromptTemplate, extractionLengthThreshold}, model, {
    logger,
  });
}

function widthOf(plans: readonly AgentPlan[], config: LoadedConfig, deployments: Deployments): number {
  const limits = plans.map(({modelName, judgeName}) => {
    const judge = judgeName === undefined ? undefined : config.judges.get(judgeName);
    const policyLimit = deployments.get(modelName).limit;
    if (judge === undefined) return policyLimit;
    const judgeLimit = deployments.get(judge.judgeModelServer.name).limit;
    return policyLimit + Math.min(judgeLimit, judge.judgeEndpointMaxConcurrency ?? judgeLimit);
  });
  return limits.reduce((sum, limit) => sum + limit, 0);
}
