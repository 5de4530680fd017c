import {asJsonObject, type JsonObject} from '../../core/json.ts';
import type {Answer} from '../answers/answer.ts';
import type {Call} from './call.ts';
import {randomFor} from './request-hash.ts';
import {valueFromSchema} from './value-from-schema.ts';

/**
 * The answer in the format that was asked for: text that is JSON stays as it is; other text gives way to a value made
 * from the schema, or becomes `{"answer": text}` where any object will do.
 */
export function formatAnswer(answer: Answer, {body, hash}: Call, index: number): Answer {
  const format =
    asJsonObject(body['response_format']) ?? asJsonObject(asJsonObject(body['text'])?.['format']);
  const type = format?.['type'];
  if (
    format === undefined ||
    type === 'text' ||
    answer.toolCalls.length > 0 ||
    answer.refusal !== undefined
  ) {
    return answer;
  }
  if (isJson(answer.text)) return answer;
  const value =
    type === 'json_schema'
      ? valueFromSchema(schemaOf(format), randomFor(hash, 'schema', index))
      : {answer: answer.text};
  return {...answer, text: JSON.stringify(value)};
}

function schemaOf(format: JsonObject): JsonObject {
  return asJsonObject((asJsonObject(format['json_schema']) ?? format)['schema']) ?? {};
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
