import {asJsonObject, isDeeperThan, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {MaterializeOptions} from './materialize-options.ts';
import {promptValues} from './prompt-values.ts';
import {checkInput, hasOwnInput, inputShape, kindOf, type RowProblem} from './row-input.ts';

/** Everything that is wrong with a row by itself: its input, its parameters, its agent and its stamps. */
export function checkRow(row: JsonObject, options: MaterializeOptions): readonly RowProblem[] {
  if (isDeeperThan(row, maxDepth)) return [{message: `is nested deeper than ${maxDepth} levels`}];
  return [
    ...checkParams(row),
    ...checkRowInput(row, options),
    ...checkAgentRef(row, options),
    ...checkTaskIndex(row['_ng_task_index']),
    ...(options.addSeed ? checkExtraBody(row, options) : []),
  ];
}

/** The name of the agent that a row gets: its own, or the default; undefined when there is neither. */
export function agentOf(row: JsonObject, {agentName}: MaterializeOptions): string | undefined {
  const own = asJsonObject(row['agent_ref'])?.['name'];
  return typeof own === 'string' ? own : agentName;
}

const shapesHint =
  'A row is {"responses_create_params": {"input": …}}, {"messages": […]}, {"input": …} or {"prompt": "…"}, with any other keys beside it.';

function checkRowInput(
  row: JsonObject,
  {promptConfig, overrides}: MaterializeOptions,
): readonly RowProblem[] {
  if (promptConfig !== undefined) {
    if (!hasOwnInput(row)) return promptValues(row, promptConfig).problems;
    const hint = 'Leave out --prompt-config, or take the input out of the row.';
    return [{path: 'responses_create_params.input', message: 'is there, and so is a prompt config', hint}];
  }
  if (overrides['input'] !== undefined) return [];
  const shape = inputShape(row);
  if (shape === undefined) {
    // Parameters that are no object are a problem already; what they would have held cannot be known.
    const params = row['responses_create_params'] ?? {};
    return isJsonObject(params) ? [{message: 'has no input', hint: shapesHint}] : [];
  }
  return checkInput(row, shape);
}

// Far more than any payload has, and far less than what overflows the stack of those who read the records.
const maxDepth = 200;

type Check = (value: JsonValue) => boolean;
const isNumber: Check = (value) => Number.isFinite(value);
const isText: Check = (value) => typeof value === 'string';
const isList: Check = (value) => Array.isArray(value);
// What Azure would refuse, or a caller could not mean, whatever the model; all of it may also be null.
const paramChecks: readonly (readonly [string, Check, string])[] = [
  ['temperature', isNumber, 'a number'],
  ['top_p', isNumber, 'a number'],
  ['max_output_tokens', (value) => Number.isSafeInteger(value) && Number(value) > 0, 'a whole number from 1'],
  ['instructions', isText, 'a text'],
  ['model', isText, 'a text'],
  ['tools', isList, 'a list'],
  ['metadata', isJsonObject, 'an object'],
  ['text', isJsonObject, 'an object'],
  ['reasoning', isJsonObject, 'an object'],
];

function checkParams(row: JsonObject): readonly RowProblem[] {
  const params = row['responses_create_params'];
  if (params == null) return [];
  if (!isJsonObject(params)) {
    return [{path: 'responses_create_params', message: `must be an object, not ${kindOf(params)}`}];
  }
  const problems: RowProblem[] = [];
  for (const [key, check, wanted] of paramChecks) {
    const value = params[key];
    if (value == null || check(value)) continue;
    const found = typeof value === 'number' ? String(value) : kindOf(value);
    problems.push({path: `responses_create_params.${key}`, message: `must be ${wanted}, not ${found}`});
  }
  return problems;
}

function checkAgentRef(row: JsonObject, {agentName, knownAgents}: MaterializeOptions): readonly RowProblem[] {
  const ref = row['agent_ref'];
  if (ref == null) {
    if (agentName !== undefined) return [];
    const example = knownAgents?.[0] ?? 'NAME';
    const hint = `Name one for all such rows with --agent ${example}, or give the row "agent_ref": {"name": "${example}"}.`;
    return [{path: 'agent_ref', message: 'names no agent, and there is no default', hint}];
  }
  const name = asJsonObject(ref)?.['name'];
  if (typeof name === 'string' && name !== '') return [];
  return [
    {path: 'agent_ref', message: 'must be an object with a name', hint: 'For example {"name": "my_agent"}.'},
  ];
}

function checkTaskIndex(value: JsonValue | undefined): readonly RowProblem[] {
  if (value == null || (Number.isSafeInteger(value) && Number(value) >= 0)) return [];
  const found = typeof value === 'number' ? String(value) : kindOf(value);
  return [{path: '_ng_task_index', message: `must be a whole number from 0, not ${found}`}];
}

function checkExtraBody(row: JsonObject, {overrides}: MaterializeOptions): readonly RowProblem[] {
  const metadata = overrides['metadata'] ?? asJsonObject(row['responses_create_params'])?.['metadata'];
  const extraBody = asJsonObject(metadata)?.['extra_body'];
  if (extraBody == null || isJsonObject(parseJson(extraBody))) return [];
  const hint = 'Seeds for repeats are put into it. Write it as a JSON text, e.g. "{\\"top_k\\": 5}".';
  return [
    {path: 'responses_create_params.metadata.extra_body', message: 'is not the text of a JSON object', hint},
  ];
}

function parseJson(text: JsonValue): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
