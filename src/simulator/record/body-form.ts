import {isUtf8} from 'node:buffer';
import {isDeeperThan, type JsonObject, type JsonValue} from '../../core/json.ts';

/** Bytes as a record shows them: JSON where that gives the same bytes back, else lines of text, else base64. */
export type BodyForm =
  | {readonly json: JsonValue}
  | {readonly text: string | readonly string[]}
  | {readonly base64: string};

const mostLevels = 200;

/** The form that is easiest to read of those that lose no byte. */
export function toBodyForm(bytes: Buffer): BodyForm & JsonObject {
  if (!isUtf8(bytes)) return {base64: bytes.toString('base64')};
  const text = bytes.toString();
  const json = compactJson(text);
  if (json !== undefined) return {json};
  const lines = text.split(/(?<=\n)/);
  return {text: lines.length > 1 ? lines : text};
}

/** The bytes that a form stands for. */
export function fromBodyForm(form: BodyForm): Buffer {
  if ('json' in form) return Buffer.from(JSON.stringify(form.json));
  if ('base64' in form) return Buffer.from(form.base64, 'base64');
  return Buffer.from(typeof form.text === 'string' ? form.text : form.text.join(''));
}

/** The value of a text that is just what `JSON.stringify` would write: objects and lists only, since all else reads as well as text. */
function compactJson(text: string): JsonValue | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return !isDeeperThan(value, mostLevels) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
