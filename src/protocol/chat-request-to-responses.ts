import {asJsonArray, asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {messageItems} from './chat-messages-to-items.ts';
import {ConversionProblems} from './conversion-error.ts';
import {type MutableJson, without} from './mutable-json.ts';
import {toTextFormat} from './text-format.ts';
import {toResponsesTool, toResponsesToolChoice} from './tool-shapes.ts';

type Translation = (value: JsonValue, params: MutableJson, problems: ConversionProblems) => void;

/**
 * Translates a Chat Completions body into the parameters of a Responses request that means the same: chat's defaults
 * (`store: false`, functions not strict) are written out where those of the Responses API differ. Null members are left
 * out; names that both share pass. Fails with `ERR_CONVERSION` naming every part that the Responses API cannot express
 * (`n` above 1, `stop`, `seed`, penalties, audio, …).
 */
export function toResponsesRequest(chatBody: JsonObject): JsonObject {
  const problems = new ConversionProblems();
  const items = messageItems(asJsonArray(chatBody['messages']), problems);
  if (items.length === 0 && problems.isEmpty) problems.add('messages', 'no message');
  const params: MutableJson = {input: items.map(withoutName), store: false};
  for (const key of Object.keys(chatBody)) {
    const value = chatBody[key];
    if (value == null || key === '__proto__') continue;
    const translate = translations.get(key);
    if (translate === undefined) params[key] = value;
    else translate(value, params, problems);
  }
  problems.throwIfAny('a Responses request');
  return params;
}

const drop: Translation = () => undefined;

/** Refuses the parameter unless its value asks for nothing. */
function refuse(name: string, ...harmless: readonly JsonValue[]): [string, Translation] {
  return [
    name,
    (value, _, problems) => {
      const asksForNothing = harmless.includes(value) || isEmpty(value);
      if (!asksForNothing) problems.add(name, 'no such parameter in the Responses API');
    },
  ];
}

const translations: ReadonlyMap<string, Translation> = new Map<string, Translation>([
  ['messages', drop],
  ['max_completion_tokens', (value, params) => (params['max_output_tokens'] = value)],
  ['max_tokens', (value, params) => (params['max_output_tokens'] ??= value)],
  ['reasoning_effort', (value, params) => (params['reasoning'] = {effort: value})],
  ['verbosity', (verbosity, params) => (params['text'] = {...asJsonObject(params['text']), verbosity})],
  ['response_format', translateFormat],
  ['tools', translateTools],
  ['tool_choice', (value, params) => (params['tool_choice'] = toResponsesToolChoice(value))],
  ['logprobs', translateLogprobs],
  ['stream_options', translateStreamOptions],
  ['modalities', translateModalities],
  refuse('n', 1),
  refuse('stop'),
  refuse('seed'),
  refuse('frequency_penalty', 0),
  refuse('presence_penalty', 0),
  refuse('logit_bias'),
  refuse('audio'),
  refuse('prediction'),
  refuse('functions'),
  refuse('function_call', 'none'),
  refuse('data_sources'),
  refuse('web_search_options'),
]);

function translateFormat(value: JsonValue, params: MutableJson): void {
  const format = asJsonObject(value);
  if (format !== undefined) params['text'] = {...asJsonObject(params['text']), format: toTextFormat(format)};
}

function translateTools(value: JsonValue, params: MutableJson, problems: ConversionProblems): void {
  const tools: JsonObject[] = [];
  for (const [index, tool] of asJsonArray(value).entries()) {
    const translated = toResponsesTool(tool);
    if (typeof translated === 'string') problems.add(`tools[${index}]`, translated);
    else tools.push(translated);
  }
  params['tools'] = tools;
}

function translateLogprobs(value: JsonValue, params: MutableJson): void {
  if (value === true) params['include'] = ['message.output_text.logprobs'];
}

/** Responses always gives the usage and knows no option for it. */
function translateStreamOptions(value: JsonValue, params: MutableJson): void {
  const rest = without(asJsonObject(value) ?? {}, 'include_usage');
  if (Object.keys(rest).length > 0) params['stream_options'] = rest;
}

function translateModalities(value: JsonValue, _: MutableJson, problems: ConversionProblems): void {
  if (asJsonArray(value).some((modality) => modality !== 'text'))
    problems.add('modalities', 'other than text');
}

function isEmpty(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The Responses API has no names for speakers and refuses the member. */
function withoutName(item: JsonObject): JsonObject {
  return item['type'] === 'message' && item['name'] !== undefined ? without(item, 'name') : item;
}
