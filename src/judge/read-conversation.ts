import {asJsonArray, asJsonObject, asString, type JsonObject, type JsonValue} from '../core/json.ts';
import {stripText} from './python-strings.ts';

/**
 * The question a conversation ends with: the text of the last user message that has any, stripped; text parts are joined by
 * newlines, images left out. `input` may be the question itself. Empty when there is none.
 */
export function readQuestion(params: JsonObject | undefined): string {
  const input = params?.['input'];
  if (typeof input === 'string') return stripText(input);
  for (const item of asJsonArray(input).toReversed()) {
    const message = asJsonObject(item);
    const text = message?.['role'] === 'user' ? stripText(textOf(message['content'])) : '';
    if (text !== '') return text;
  }
  return '';
}

/** The answer of a Responses API object: the text of its last assistant message, stripped. Empty when there is none. */
export function readAnswer(response: JsonObject): string {
  const message = asJsonArray(response['output'])
    .map(asJsonObject)
    .findLast((item) => item?.['type'] === 'message' && item['role'] === 'assistant');
  return stripText(textOf(message?.['content']));
}

/** What a judge said: the last part of the last output item, if that is a message with text; else undefined. */
export function readJudgement(response: JsonObject): string | undefined {
  const item = asJsonObject(asJsonArray(response['output']).at(-1));
  if (item?.['type'] !== 'message') return undefined;
  const content = item['content'];
  return asString(content) ?? asString(asJsonObject(asJsonArray(content).at(-1))?.['text']);
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  const texts = asJsonArray(content).map((part) => asString(asJsonObject(part)?.['text']));
  return texts.filter((text) => text !== undefined).join('\n');
}
