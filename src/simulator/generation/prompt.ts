import {asJsonArray, asJsonObject, asString, type JsonObject, type JsonValue} from '../../core/json.ts';
import type {ModelOperation} from '../checks/route.ts';
import {embeddingInputs} from './embedding-inputs.ts';

interface PromptMessage {
  /** `developer` reads as `system`, `function` as `tool`. */
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** Text parts, joined. */
  readonly text: string;
}

/** What a request says to the model, the same for both operations. */
export interface Prompt {
  readonly messages: readonly PromptMessage[];
  readonly lastUserText: string;
  /** Role of the last message: tells a first question from a tool's result. */
  readonly lastRole: PromptMessage['role'];
  readonly images: number;
}

/** What a request of an operation says. */
export function promptOf(operation: ModelOperation, body: JsonObject): Prompt {
  return readers[operation](body);
}

const readers: Readonly<Record<ModelOperation, (body: JsonObject) => Prompt>> = {
  chat: promptOfChat,
  responses: promptOfResponses,
  embeddings: promptOfEmbeddings,
};

/** The messages of a chat completions request. */
function promptOfChat(body: JsonObject): Prompt {
  return toPrompt(asJsonArray(body['messages']));
}

/** The instructions and input items of a Responses request. */
function promptOfResponses(body: JsonObject): Prompt {
  const input = body['input'];
  const items = typeof input === 'string' ? [{role: 'user', content: input}] : asJsonArray(input);
  const instructions = asString(body['instructions']);
  return toPrompt(instructions === undefined ? items : [{role: 'system', content: instructions}, ...items]);
}

/** The inputs of an embeddings request, as messages of a user: for the faults that match their text. */
function promptOfEmbeddings(body: JsonObject): Prompt {
  return toPrompt(embeddingInputs(body).map(({text}) => ({role: 'user', content: text})));
}

/** The text a rule reads: of the last message with that role, or of all messages; undefined when there is none. */
export function textFrom(prompt: Prompt, source: 'user' | 'system' | 'tool' | 'any'): string | undefined {
  if (source === 'user') return prompt.lastUserText;
  if (source === 'any') return prompt.messages.map(({text}) => text).join('\n');
  return prompt.messages.findLast(({role}) => role === source)?.text;
}

function toPrompt(items: readonly JsonValue[]): Prompt {
  const messages: PromptMessage[] = [];
  let images = 0;
  for (const item of items) {
    const entry = asJsonObject(item);
    if (entry === undefined) continue;
    const message = toMessage(entry);
    if (message !== undefined) messages.push(message);
    images += countImages(entry['content']);
  }
  return {
    messages,
    lastUserText: messages.findLast(({role}) => role === 'user')?.text ?? '',
    lastRole: messages.at(-1)?.role ?? 'user',
    images,
  };
}

function toMessage(entry: JsonObject): PromptMessage | undefined {
  switch (entry['type'] ?? 'message') {
    case 'message':
      return {role: toRole(entry['role']), text: textOf(entry['content'])};
    case 'function_call_output':
      return {role: 'tool', text: textOf(entry['output'])};
    case 'function_call':
      return {role: 'assistant', text: asString(entry['arguments']) ?? ''};
    default:
      return undefined;
  }
}

function toRole(role: JsonValue | undefined): PromptMessage['role'] {
  if (role === 'developer' || role === 'system') return 'system';
  if (role === 'tool' || role === 'function') return 'tool';
  return role === 'assistant' ? 'assistant' : 'user';
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return asJsonArray(content)
    .map((part) => asString(asJsonObject(part)?.['text']) ?? '')
    .join('');
}

function countImages(content: JsonValue | undefined): number {
  if (typeof content === 'string') return 0;
  return asJsonArray(content).filter((part) => {
    const type = asJsonObject(part)?.['type'];
    return type === 'image_url' || type === 'input_image';
  }).length;
}
