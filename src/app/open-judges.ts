import {readFile} from 'node:fs/promises';
import type {JudgeConfig} from '../config/judge-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {RollcallError} from '../core/errors.ts';
import type {Judge} from '../core/ports.ts';
import {createAdmission} from '../dispatch/admission.ts';
import {limitModel} from '../dispatch/dispatch-model.ts';
import {createEquivalenceJudge} from '../judge/equivalence-judge.ts';
import type {AppEnvironment} from './environment.ts';
import type {Deployments} from './open-deployments.ts';

/** Puts the named judges together, each over its model and under its own limit. Fails with `ERR_CONFIG` on one that cannot work. */
export async function openJudges(
  names: Iterable<string>,
  config: LoadedConfig,
  deployments: Deployments,
  environment: AppEnvironment,
): Promise<ReadonlyMap<string, Judge>> {
  const judges = new Map<string, Judge>();
  for (const name of new Set(names)) {
    const settings = config.judges.get(name);
    if (settings !== undefined) judges.set(name, await openJudge(settings, config, deployments, environment));
  }
  return judges;
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
