import {RollcallError} from '../core/errors.ts';
import {asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {chatMessagesToItems} from '../protocol/chat-messages-to-items.ts';

/** Where a row's input comes from: the first of these that it has. */
export type InputShape = 'responses_create_params' | 'messages' | 'input' | 'prompt';

/** Something wrong with one row: where in it, what, and what to do. */
export interface RowProblem {
  readonly path?: string | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Which of the four shapes a row has; undefined for none of them. */
export function inputShape(row: JsonObject): InputShape | undefined {
  if (asJsonObject(row['responses_create_params'])?.['input'] != null) return 'responses_create_params';
  if (row['messages'] != null) return 'messages';
  if (row['input'] != null) return 'input';
  return row['prompt'] == null ? undefined : 'prompt';
}

/** Whether the row brings an input that a prompt config would have to throw away. */
export function hasOwnInput(row: JsonObject): boolean {
  const input = asJsonObject(row['responses_create_params'])?.['input'];
  return input != null && input !== '' && !(Array.isArray(input) && input.length === 0);
}

/**
 * The Responses input of a row of one of the short shapes: chat messages are translated, a text becomes a user
 * message, a list of items is taken as it is.
 */
export function inputOf(row: JsonObject, shape: Exclude<InputShape, 'responses_create_params'>): JsonValue {
  if (shape === 'messages') return chatMessagesToItems(row['messages'] as readonly JsonValue[]);
  const value = row[shape] ?? '';
  return typeof value === 'string' ? [{role: 'user', content: value}] : value;
}

/** What is wrong with the input that a row brings in this shape. */
export function checkInput(row: JsonObject, shape: InputShape): readonly RowProblem[] {
  if (shape === 'responses_create_params') {
    const params = asJsonObject(row['responses_create_params']);
    return checkItems(params?.['input'], 'responses_create_params.input');
  }
  const value = row[shape];
  if (shape === 'prompt') {
    if (typeof value !== 'string') return [{path: 'prompt', message: `must be a text, not ${kindOf(value)}`}];
    return value.trim() === '' ? [{path: 'prompt', message: 'is empty'}] : [];
  }
  return shape === 'messages' ? checkMessages(value) : checkItems(value, 'input');
}

/** A value's JSON type, in words: `a list`, `null`. */
export function kindOf(value: JsonValue | undefined): string {
  if (value == null) return value === null ? 'null' : 'missing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

function checkItems(value: JsonValue | undefined, path: string): readonly RowProblem[] {
  if (typeof value === 'string') return value.trim() === '' ? [{path, message: 'is empty'}] : [];
  if (!Array.isArray(value))
    return [{path, message: `must be a text or a list of items, not ${kindOf(value)}`}];
  const items = value as readonly JsonValue[];
  if (items.length === 0) return [{path, message: 'is empty'}];
  return items.flatMap((item, index) => checkItem(item, `${path}[${index}]`));
}

function checkItem(item: JsonValue, path: string): readonly RowProblem[] {
  if (!isJsonObject(item)) return [{path, message: `must be an object, not ${kindOf(item)}`}];
  const {role, type, content} = item;
  if (type !== undefined && typeof type !== 'string') {
    return [{path: `${path}.type`, message: `must be a text, not ${kindOf(type)}`}];
  }
  if (type !== undefined && type !== 'message') return [];
  if (role === undefined) {
    const hint = 'A message is {"role": "user", "content": "…"}; every other item has a type.';
    return [{path, message: 'has neither role nor type', hint}];
  }
  return [...checkRole(role, path), ...checkContent(content, `${path}.content`)];
}

const roles = ['user', 'assistant', 'system', 'developer'];

function checkRole(role: JsonValue, path: string): readonly RowProblem[] {
  if (typeof role === 'string' && roles.includes(role)) return [];
  const found = typeof role === 'string' ? JSON.stringify(role.slice(0, 40)) : kindOf(role);
  return [{path: `${path}.role`, message: `must be one of ${roles.join(', ')}, not ${found}`}];
}

function checkContent(content: JsonValue | undefined, path: string): readonly RowProblem[] {
  if (typeof content === 'string') return [];
  if (!Array.isArray(content))
    return [{path, message: `must be a text or a list of parts, not ${kindOf(content)}`}];
  return (content as readonly JsonValue[]).flatMap((part, index) =>
    typeof asJsonObject(part)?.['type'] === 'string'
      ? []
      : [{path: `${path}[${index}]`, message: 'must be an object with a type'}],
  );
}

function checkMessages(value: JsonValue | undefined): readonly RowProblem[] {
  if (!Array.isArray(value)) return [{path: 'messages', message: `must be a list, not ${kindOf(value)}`}];
  const messages = value as readonly JsonValue[];
  if (messages.length === 0) return [{path: 'messages', message: 'is empty'}];
  const problems = messages.flatMap((message, index): RowProblem[] =>
    typeof asJsonObject(message)?.['role'] === 'string'
      ? []
      : [{path: `messages[${index}]`, message: 'must be an object with a role'}],
  );
  return problems.length > 0 ? problems : conversionProblems(messages);
}

function conversionProblems(messages: readonly JsonValue[]): readonly RowProblem[] {
  try {
    chatMessagesToItems(messages);
    return [];
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    if (error.problems.length === 0) return [{path: 'messages', message: error.message, hint: error.hint}];
    return error.problems.map(({message, path, hint}) => ({path, message, hint: hint ?? error.hint}));
  }
}
