import {isJsonObject, type JsonObject} from '../core/json.ts';
import {joinMembers, setMember, splitMembers} from '../core/raw-json.ts';
import {agentOf} from './check-row.ts';
import type {MaterializeOptions} from './materialize-options.ts';
import {renderPrompt} from './prompt-config.ts';
import {promptValues} from './prompt-values.ts';
import {isReservedKey} from './reserved-keys.ts';
import {inputOf, inputShape} from './row-input.ts';

/** A checked row, ready to be written once a rollout. */
export interface RowTemplate {
  readonly agentName: string;
  /** The materialised line, without its newline. */
  readonly line: (taskIndex: number, rolloutIndex: number) => string;
}

/**
 * Turns a row that passed `checkRow` into its materialised form: the row's own members as they were written, then
 * `responses_create_params` (in its place if the row has it), `skills_ref`, `agent_ref` and the two indices.
 */
export function rowTemplate(text: string, row: JsonObject, options: MaterializeOptions): RowTemplate {
  const agentName = agentOf(row, options) ?? '';
  // Between JSON's tokens a lone carriage return is white space; in our files it could pass for a line end.
  const members = splitMembers(text.includes('\r') ? text.replaceAll('\r', ' ') : text);
  const params = paramsOf(row, members, options);
  for (const key of [...members.keys()]) if (isReservedKey(key)) members.delete(key);
  members.delete('_ng_task_index');
  members.delete('_ng_rollout_index');
  members.set('responses_create_params', params);
  if (options.skillsRef !== undefined) members.set('skills_ref', JSON.stringify(options.skillsRef));
  const ownRef = isJsonObject(row['agent_ref']) ? members.get('agent_ref') : undefined;
  members.delete('agent_ref');
  members.set('agent_ref', ownRef ?? JSON.stringify({name: agentName}));
  return options.addSeed
    ? seededTemplate(agentName, members, params)
    : plainTemplate(agentName, joinMembers(members));
}

// Thousands of templates may wait for a survey's end: each keeps its text, and not the members that this was made of. To cut
// the text has V8 put it together here and now; until then it would be a tree of pieces, which are dear to keep.
function plainTemplate(agentName: string, body: string): RowTemplate {
  const open = body.slice(0, -1);
  return {agentName, line: (taskIndex, rolloutIndex) => withIndices(open, taskIndex, rolloutIndex)};
}

function seededTemplate(agentName: string, members: Map<string, string>, params: string): RowTemplate {
  return {
    agentName,
    line(taskIndex, rolloutIndex) {
      const body = joinMembers(members.set('responses_create_params', withSeed(params, rolloutIndex)));
      return withIndices(body.slice(0, -1), taskIndex, rolloutIndex);
    },
  };
}

/** `open`: an object's text up to its closing brace. */
function withIndices(open: string, taskIndex: number, rolloutIndex: number): string {
  return `${open},"_ng_task_index":${taskIndex},"_ng_rollout_index":${rolloutIndex}}`;
}

/** The row's parameters as JSON text: its own, the input that its shape means, and the overrides on top. */
function paramsOf(
  row: JsonObject,
  members: ReadonlyMap<string, string>,
  options: MaterializeOptions,
): string {
  const own = isJsonObject(row['responses_create_params'])
    ? members.get('responses_create_params')
    : undefined;
  const input = rawInput(row, members, options);
  const overrides = Object.entries(options.overrides).filter(([, value]) => value !== undefined);
  if (input === undefined && overrides.length === 0) return own ?? '{}';
  const params = splitMembers(own ?? '{}');
  if (input !== undefined) params.set('input', input);
  for (const [key, value] of overrides) params.set(key, JSON.stringify(value));
  return joinMembers(params);
}

/** The input to put in; undefined when the parameters have theirs. */
function rawInput(
  row: JsonObject,
  members: ReadonlyMap<string, string>,
  {promptConfig}: MaterializeOptions,
): string | undefined {
  if (promptConfig !== undefined) {
    return JSON.stringify(renderPrompt(promptConfig, promptValues(row, promptConfig, members).values));
  }
  const shape = inputShape(row);
  if (shape === undefined || shape === 'responses_create_params') return undefined;
  if (shape === 'input' && typeof row['input'] !== 'string') return members.get('input');
  return JSON.stringify(inputOf(row, shape));
}

function withSeed(params: string, seed: number): string {
  const members = splitMembers(params);
  const rawMetadata = members.get('metadata') ?? 'null';
  const metadata = rawMetadata.startsWith('{') ? rawMetadata : '{}';
  const rawExtraBody = splitMembers(metadata).get('extra_body') ?? 'null';
  const extraBody = (JSON.parse(rawExtraBody) as string | null) ?? '{}';
  const seeded = JSON.stringify(setMember(extraBody, 'seed', String(seed)));
  return joinMembers(members.set('metadata', setMember(metadata, 'extra_body', seeded)));
}
