import {asJsonArray, asJsonObject, asString, type JsonObject, type JsonValue} from '../core/json.ts';
import {ConversionProblems} from './conversion-error.ts';
import {splitMetadata} from './extra-body.ts';
import {itemsToMessages} from './items-to-messages.ts';
import type {MutableJson} from './mutable-json.ts';
import {toResponseFormat} from './text-format.ts';
import {toChatTool, toChatToolChoice, unknownToolChoice} from './tool-shapes.ts';

type Translation = (value: JsonValue, body: MutableJson, problems: ConversionProblems) => void;

/**
 * Translates the parameters of a Responses request into a Chat Completions body with `max_completion_tokens` and
 * roles as given. Null members are left out and names that both wires share, or that neither is known to have, pass.
 * `metadata` goes along only with `store: true`, without which chat refuses it; `metadata.extra_body` is merged into the body.
 * Fails with `ERR_CONVERSION` naming every part that chat cannot express; what does not bear on the answer
 * (`truncation`, `include`, `max_tool_calls`, …) is dropped.
 */
export function toChatRequest(params: JsonObject): MutableJson {
  const problems = new ConversionProblems();
  const body: MutableJson = {messages: messagesOf(params, problems)};
  for (const key of Object.keys(params)) {
    const value = params[key];
    if (value == null || key === '__proto__') continue;
    const translate = translations.get(key);
    if (translate === undefined) body[key] = value;
    else translate(value, body, problems);
  }
  settleTools(params, body, problems);
  const {metadata, extraBody, problem} = splitMetadata(params['metadata']);
  if (metadata !== undefined && params['store'] === true) body['metadata'] = metadata;
  if (problem !== undefined) problems.add('metadata.extra_body', problem);
  problems.throwIfAny('chat completions');
  return extraBody === undefined ? body : {...body, ...extraBody};
}

const drop: Translation = () => undefined;

function refuse(name: string): Translation {
  return (value, _, problems) => {
    if (value !== false) problems.add(name, 'no such parameter in chat completions');
  };
}

const translations: ReadonlyMap<string, Translation> = new Map<string, Translation>([
  ['input', drop],
  ['instructions', drop],
  ['messages', (_, __, problems) => problems.add('messages', 'chat messages beside the input')],
  ['metadata', drop],
  ['truncation', drop],
  ['max_tool_calls', drop],
  ['previous_response_id', refuse('previous_response_id')],
  ['conversation', refuse('conversation')],
  ['prompt', refuse('prompt')],
  ['background', refuse('background')],
  ['max_output_tokens', (value, body) => (body['max_completion_tokens'] = value)],
  ['reasoning', translateReasoning],
  ['text', translateText],
  ['include', translateInclude],
  ['top_logprobs', translateTopLogprobs],
  ['tools', translateTools],
  ['tool_choice', translateToolChoice],
]);

function translateReasoning(value: JsonValue, body: MutableJson): void {
  const effort = asJsonObject(value)?.['effort'];
  if (effort != null) body['reasoning_effort'] = effort;
}

function translateText(value: JsonValue, body: MutableJson, problems: ConversionProblems): void {
  const {format, verbosity} = asJsonObject(value) ?? {};
  if (verbosity != null) body['verbosity'] = verbosity;
  if (format == null) return;
  const translated = toResponseFormat(format);
  if (typeof translated === 'string') problems.add('text.format', translated);
  else if (translated !== undefined) body['response_format'] = translated;
}

function translateInclude(value: JsonValue, body: MutableJson): void {
  if (asJsonArray(value).includes('message.output_text.logprobs')) body['logprobs'] = true;
}

/** Zero is what the Responses API echoes for "none", and chat takes the number only with `logprobs`. */
function translateTopLogprobs(value: JsonValue, body: MutableJson): void {
  if (value === 0) return;
  body['logprobs'] = true;
  body['top_logprobs'] = value;
}

function translateTools(value: JsonValue, body: MutableJson, problems: ConversionProblems): void {
  const tools: JsonObject[] = [];
  for (const [index, tool] of asJsonArray(value).entries()) {
    const translated = toChatTool(tool);
    if (typeof translated === 'string') problems.add(`tools[${index}]`, translated);
    else tools.push(translated);
  }
  body['tools'] = tools;
}

function translateToolChoice(value: JsonValue, body: MutableJson, problems: ConversionProblems): void {
  const unknown = unknownToolChoice(value);
  if (unknown === undefined) body['tool_choice'] = toChatToolChoice(value);
  else problems.add('tool_choice', unknown);
}

/** Chat refuses an empty `tools`, and the settings about tools without any. */
function settleTools(params: JsonObject, body: MutableJson, problems: ConversionProblems): void {
  if (asJsonArray(params['tools']).length > 0) return;
  const {tool_choice: choice} = body;
  if (choice !== undefined && choice !== 'auto' && choice !== 'none')
    problems.add('tool_choice', 'a forced call without tools');
  delete body['tools'];
  delete body['tool_choice'];
  delete body['parallel_tool_calls'];
}

function messagesOf(params: JsonObject, problems: ConversionProblems): readonly JsonObject[] {
  const messages = itemsToMessages(params['input'], problems);
  const {instructions} = params;
  if (typeof instructions === 'string') return foldInstructions(instructions, messages);
  if (instructions != null) problems.add('instructions', 'not a text');
  if (messages.length === 0 && problems.isEmpty) problems.add('input', 'no message');
  return messages;
}

/** Instructions and the system messages that lead the input become one system message, as NeMo Gym does it. */
function foldInstructions(instructions: string, messages: readonly JsonObject[]): readonly JsonObject[] {
  const texts = [instructions];
  for (const {role, content} of messages) {
    if (role !== 'system' && role !== 'developer') break;
    texts.push(textOf(content));
  }
  return [{role: 'system', content: texts.join('\n\n')}, ...messages.slice(texts.length - 1)];
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return asJsonArray(content)
    .map((part) => asString(asJsonObject(part)?.['text']) ?? '')
    .join('');
}
