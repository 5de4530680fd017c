import {writeExactJson} from '../../core/exact-json.ts';
import {asJsonArray, asJsonObject, asString, type JsonObject, type JsonValue} from '../../core/json.ts';
import type {Passage} from './page-data.ts';

/** The texts of a record that people read: failure, question, answer, judge, provenance, the row's other members; each at most `most` characters. */
export function textsOfRecord(record: JsonObject, most: number): readonly Passage[] {
  const texts: [string, string][] = [
    ['Failure', failureOf(record)],
    ['Question', questionOf(record)],
    ['Answer', answerOf(record)],
    ['Expected answer', textOrJson(record['expected_answer'])],
    ['Judge', judgementOf(record)],
    ['Provenance', provenanceOf(record)],
    ['Other members of the row', othersOf(record)],
  ];
  return texts.filter(([, text]) => text !== '').map(([label, text]) => cut(label, text, most));
}

/** A text whose middle is left out where it is longer than `most` characters: beginnings ask, and ends answer. */
export function cut(label: string, text: string, most: number): Passage {
  if (text.length <= most) return [label, text];
  let start = Math.ceil((most * 3) / 4);
  let end = text.length - (most - start);
  // No character is cut in two.
  if (isSecondHalf(text, start)) start++;
  if (isSecondHalf(text, end)) end--;
  return end <= start ? [label, text] : [label, text.slice(0, start), end - start, text.slice(end)];
}

/** The policy's answer: its texts, thoughts and tool calls in their order. */
export function answerOf(record: JsonObject): string {
  return conversationText(asJsonArray(asJsonObject(record['response'])?.['output']), 'assistant');
}

/** What the model was asked: instructions and input. */
export function questionOf(record: JsonObject): string {
  const params = asJsonObject(record['responses_create_params']);
  const instructions = asString(params?.['instructions']);
  const input = params?.['input'];
  const items = typeof input === 'string' ? [{role: 'user', content: input}] : asJsonArray(input);
  const told = instructions === undefined ? [] : [{role: 'instructions', content: instructions}];
  return conversationText([...told, ...items], 'user');
}

/** The text of the last message of a user. */
export function lastQuestionOf(record: JsonObject): string {
  const input = asJsonObject(record['responses_create_params'])?.['input'];
  if (typeof input === 'string') return input;
  const message = asJsonArray(input)
    .map(asJsonObject)
    .findLast((item) => item?.['role'] === 'user');
  return contentText(message?.['content']);
}

/** What the judge said, each time that it was asked, with the verdict that was read from it. */
function judgementOf(record: JsonObject): string {
  const evaluations = asJsonArray(record['judge_evaluations']).map(asJsonObject);
  const texts = evaluations.map((evaluation) => {
    const label = asString(evaluation?.['verdict_label']) ?? 'no label found';
    const output = asJsonArray(asJsonObject(evaluation?.['response'])?.['output']);
    return `${conversationText(output, 'assistant')}\n[verdict: ${label}]`;
  });
  return texts.join('\n\n');
}

function failureOf(record: JsonObject): string {
  const failure = asJsonObject(record['_ng_failure']);
  const kind = asString(record['_ng_failure_class']);
  if (failure === undefined) return kind ?? '';
  const {code, message, hint, ...others} = failure;
  const texts = [kind, code, message, hint].map(asString).filter((text) => text !== undefined);
  return [...texts, membersText(others)].filter((text) => text !== '').join('\n');
}

/** A line a member, without what is null: a page has room for more rollouts then. */
function provenanceOf(record: JsonObject): string {
  const response = asJsonObject(record['response']);
  const usage = asJsonObject(response?.['usage']);
  const told = {
    ...asJsonObject(record['_rollcall']),
    agent: asJsonObject(record['agent_ref'])?.['name'],
    failed_attempts_before: record['_ng_attempt_index'],
    response_id: response?.['id'],
    model: response?.['model'],
    status: response?.['status'],
    incomplete_details: response?.['incomplete_details'],
    input_tokens: usage?.['input_tokens'],
    output_tokens: usage?.['output_tokens'],
  };
  return membersText(told);
}

function membersText(members: JsonObject): string {
  const lines = Object.entries(members).map(([key, value]) => [key, textOrJson(value)] as const);
  return lines.flatMap(([key, text]) => (text === '' ? [] : [`${key}: ${text}`])).join('\n');
}

// Told elsewhere on the page.
const askedKeys: ReadonlySet<string> = new Set(['input', 'instructions']);
const toldKeys: ReadonlySet<string> = new Set([
  'responses_create_params',
  'response',
  'reward',
  'judge_evaluations',
  'expected_answer',
  'agent_ref',
  '_ng_task_index',
  '_ng_rollout_index',
  '_ng_attempt_index',
  '_ng_failure',
  '_ng_failure_class',
  '_rollcall',
]);

function othersOf(record: JsonObject): string {
  const settings = without(asJsonObject(record['responses_create_params']) ?? {}, askedKeys);
  const others = without(record, toldKeys);
  return membersText(
    Object.keys(settings).length === 0 ? others : {responses_create_params: settings, ...others},
  );
}

function without(object: JsonObject, keys: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));
}

/** Items one after the other; a single one of the usual role needs no name before it. */
function conversationText(items: readonly JsonValue[], usualRole: string): string {
  const parts = items.map(itemText).filter(({text}) => text !== '');
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0 && only.name === usualRole) return only.text;
  return parts.map(({name, text}) => `[${name}]\n${text}`).join('\n\n');
}

interface ItemText {
  readonly name: string;
  readonly text: string;
}

function itemText(value: JsonValue): ItemText {
  const item = asJsonObject(value);
  if (item === undefined) return {name: 'item', text: textOrJson(value)};
  const type = asString(item['type']) ?? 'message';
  switch (type) {
    case 'message':
      return {name: asString(item['role']) ?? 'assistant', text: contentText(item['content'])};
    case 'reasoning':
      return {name: type, text: contentText(item['summary']) || contentText(item['content'])};
    case 'function_call':
      return {name: `calls ${asString(item['name']) ?? ''}`, text: textOrJson(item['arguments'])};
    case 'function_call_output':
      return {name: 'tool result', text: textOrJson(item['output'])};
    default:
      return {name: type, text: writeExactJson(item)};
  }
}

function contentText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  const texts = asJsonArray(content).map((value) => {
    const part = asJsonObject(value);
    return (
      asString(part?.['text']) ?? asString(part?.['refusal']) ?? `[${asString(part?.['type']) ?? 'part'}]`
    );
  });
  return texts.join('\n');
}

function textOrJson(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : writeExactJson(value);
}

function isSecondHalf(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
