import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import type {JsonObject} from '../core/json.ts';
import {formatPath} from './config-node.ts';
import {
  choice,
  flag,
  integer,
  json,
  jsonList,
  nullable,
  number,
  optional,
  text,
  withDefault,
} from './fields.ts';
import {type PathRoots, resolvePackagedPath} from './packaged-path.ts';
import {createSection, type KeyTree, type SectionContext} from './section.ts';
import type {TaskServerConfig} from './server-config.ts';
import type {ServerInstance} from './server-instances.ts';
import {reference, type ServerRef} from './server-reference.ts';

/** `resources_servers.equivalence_llm_judge`: a judge that compares an answer with the expected one. */
export interface JudgeConfig extends TaskServerConfig {
  readonly judgeModelServer: ServerRef<'responses_api_models'>;
  readonly judgeResponsesCreateParams: JsonObject;
  /** Undefined: no limit of its own. */
  readonly judgeEndpointMaxConcurrency: number | undefined;
  readonly judgeSystemMessage: string | undefined;
  /** The template itself; wins over a file. */
  readonly judgePromptTemplate: string | undefined;
  /** Absolute path of the template's file, which may not exist; undefined when the template is inline. */
  readonly judgePromptTemplatePath: string | undefined;
  readonly judgeEqualLabel: string;
  readonly judgeNotEqualLabel: string;
  readonly questionExtractRegex: string | undefined;
  readonly responseExtractRegex: string | undefined;
  readonly msgExtractionFailure: string;
  readonly checkTwiceSwap: boolean;
  readonly rewardIfSwapFails: number;
  readonly usePerRecordRegex: boolean;
  /** In code points; undefined: never too long. */
  readonly extractionLengthThreshold: number | undefined;
  readonly checkFullGenerationOnFail: boolean;
  readonly rewardIfFullGenerationSucceeds: number;
  /** What an answer without a label is: a wrong answer, or a failed judge call. */
  readonly judgeUnparsed: 'wrong' | 'fail';
  /** Which label counts when the judge wrote several. */
  readonly verdictPosition: 'first' | 'last';
}

const section = createSection({
  entrypoint: withDefault(text(), 'app.py'),
  host: optional(text()),
  port: optional(integer(0, 65_535)),
  url: optional(text()),
  domain: optional(text()),
  datasets: withDefault(jsonList(), []),
  judge_model_server: reference('responses_api_models'),
  judge_responses_create_params: withDefault(json(), {input: []}),
  judge_endpoint_max_concurrency: nullable(integer(1), 64),
  judge_system_message: optional(text()),
  judge_prompt_template: optional(text()),
  judge_prompt_template_fpath: withDefault(text(), 'prompt_templates/equivalence_llm_judge.txt'),
  judge_equal_label: withDefault(text(), '[[A=B]]'),
  judge_not_equal_label: withDefault(text(), '[[A!=B]]'),
  question_extract_regex: optional(text()),
  response_extract_regex: optional(text()),
  msg_extraction_failure: withDefault(text(), '[NO VALID ANSWER EXTRACTED]'),
  check_twice_swap: withDefault(flag(), false),
  reward_if_swap_fails: withDefault(number(), 0),
  use_per_record_regex: withDefault(flag(), true),
  extraction_length_threshold: nullable(integer(0), 120),
  check_full_generation_on_fail: withDefault(flag(), true),
  reward_if_full_generation_succeeds: withDefault(number(), 0.5),
  judge_unparsed: withDefault(choice('wrong', 'fail'), 'wrong'),
  verdict_position: withDefault(choice('first', 'last'), 'first'),
});

/** The keys of a judge's settings; a test holds docs/configuration.md to them. @internal */
export const judgeKeys: KeyTree = section.keys;

/** Reads a judge's settings. What is wrong is reported; then the result is undefined. */
export function readJudge(
  {name, node, path}: ServerInstance,
  context: SectionContext & PathRoots & {readonly defaultHost: string},
): JudgeConfig | undefined {
  const fields = section.read(node, context);
  if (fields === undefined) return undefined;
  const {judgePromptTemplateFpath, ...rest} = fields;
  const folder = node.entries.get('judge_prompt_template_fpath')?.origin.folder;
  const inline = fields.judgePromptTemplate !== undefined;
  return {
    ...rest,
    name,
    path: formatPath(path),
    host: fields.host ?? context.defaultHost,
    judgePromptTemplatePath: inline ? undefined : templatePath(judgePromptTemplateFpath, folder, context),
  };
}

/** Beside the file that names it, from the working directory, or the packaged one; the first where there is none. */
function templatePath(path: string, folder: string | undefined, {cwd, packageRoot}: PathRoots): string {
  const beside = resolve(folder ?? cwd, path);
  if (existsSync(beside)) return beside;
  return resolvePackagedPath(path, {cwd, packageRoot}) ?? resolve(cwd, path);
}
