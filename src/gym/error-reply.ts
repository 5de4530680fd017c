import {
  asJsonObject,
  asString,
  isDeeperThan,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';

/** An error as a server said it, whatever its shape. Its text is neither redacted nor shortened. */
export interface ErrorReply {
  /** Empty where the body says nothing. */
  readonly message: string;
  /** The body's own code: ours, or that of the service behind it. */
  readonly code: string | undefined;
  /**
   * `error`: OpenAI's and our own shape. `detail`: FastAPI's. `text`: NeMo Gym's `repr` as a JSON string, plain text, other JSON.
   * `page`: an HTML page, so most likely something else that answers there.
   */
  readonly shape: 'error' | 'detail' | 'text' | 'page' | 'empty';
  /** The body, where it was a JSON object. */
  readonly json: JsonObject | undefined;
}

// Deeper ones overflow the stack of whoever writes them.
const deepestBody = 100;

/** Reads the body of a failed reply, or its beginning. Never throws. */
export function readErrorReply(body: string): ErrorReply {
  const text = body.trim();
  if (text === '') return {message: '', code: undefined, shape: 'empty', json: undefined};
  if (/^<(!doctype|html|head|body|\?xml)/i.test(text)) {
    return {message: wordsOf(text), code: undefined, shape: 'page', json: undefined};
  }
  const parsed = tryParse(text);
  if (isJsonObject(parsed) && !isDeeperThan(parsed, deepestBody)) return readObject(parsed);
  return {message: asString(parsed) ?? text, code: undefined, shape: 'text', json: undefined};
}

function readObject(json: JsonObject): ErrorReply {
  const error = asJsonObject(json['error']);
  if (error !== undefined) {
    return {message: say(error['message'] ?? error), code: codeIn(error), shape: 'error', json};
  }
  if (json['detail'] !== undefined) {
    return {message: say(json['detail']), code: undefined, shape: 'detail', json};
  }
  const message = say(json['error'] ?? json['message'] ?? json);
  return {message, code: codeIn(json), shape: 'text', json};
}

function codeIn({code, type}: JsonObject): string | undefined {
  if (typeof code === 'number') return String(code);
  return asString(code) ?? asString(type);
}

/** Lists of validation problems (`detail: [...]`) are shown as they came. */
function say(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** A page's first words: enough to recognise the proxy that wrote it. */
function wordsOf(html: string): string {
  const visible = html
    .slice(0, 16_384)
    .replace(/<(script|style)\b[^>]*>[^<]*/gi, ' ')
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `an HTML page, "${visible.slice(0, 200)}"`;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
