import {parseExactJson} from '../../core/exact-json.ts';
import {isJsonObject, type JsonObject} from '../../core/json.ts';
import {locateJsonError} from '../../core/locate-json-error.ts';
import {endOfString} from '../../core/raw-json.ts';
import {RequestRefusal} from './request-refusal.ts';

/** The JSON object that a body holds; integers beyond 2^53 stay what they are. Fails with a `RequestRefusal` that says where it is not one. */
export function parseBody(bytes: Buffer, mostValues: number): JsonObject {
  const text = withoutMark(bytes.toString('utf8'));
  refuseBomb(text, mostValues);
  const value = parse(text);
  if (isJsonObject(value)) return value;
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw refusal(`The request's body must be a JSON object; it is ${found}.`, 'invalid_json');
}

/** Some platforms mark their text as UTF-8. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    const found = locateJsonError(text);
    if (found === undefined) throw refusal("The request's body is not JSON.", 'invalid_json');
    const before = text.slice(0, found.offset).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
    const what = found.message.replace('the end of the line', 'the end of the body');
    throw refusal(`The request's body is not JSON: at ${place} it ${what}.`, 'invalid_json');
  }
}

const deepest = 200;
const [quote, comma, openBracket, closeBracket, openBrace, closeBrace] = [34, 44, 91, 93, 123, 125];

/** Refuses before it is parsed what would fill the memory, or the stack of whoever walks through it. */
function refuseBomb(text: string, mostValues: number): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at) - 1;
    else if (code === comma) values += 1;
    else if (code === openBracket || code === openBrace) {
      values += 1;
      depth += 1;
      if (depth > deepest)
        throw refusal(`The request's body is nested deeper than ${deepest} levels.`, 'invalid_json');
    } else if (code === closeBracket || code === closeBrace) depth -= 1;
  }
  if (values > mostValues)
    throw refusal(`The request's body holds more than ${mostValues} values.`, 'request_too_large', 413);
}

function refusal(message: string, code: string, status = 400): RequestRefusal {
  return new RequestRefusal(message, {status, code});
}
