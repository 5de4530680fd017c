import {asJsonObject, asString, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

/** An error as some server on the way said it, whatever its shape. Its text is not redacted yet. */
export interface AzureErrorBody {
  /** Never empty where the body said anything at all. */
  readonly message: string;
  /** As text; numbers become their digits. */
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly param: string | undefined;
  /** `innererror`, under either of its spellings. */
  readonly inner: JsonObject | undefined;
  /** `gateway` is API Management's `{statusCode, message}`. */
  readonly shape: 'error' | 'gateway' | 'message' | 'text' | 'html' | 'empty';
  /** The body, where it was a JSON object. */
  readonly json: JsonObject | undefined;
}

const longestText = 4_096;

/** Reads any body of a failed reply (azure-openai.md §4.1). Never throws. */
export function parseErrorBody(text: string): AzureErrorBody {
  const trimmed = text.trim();
  if (trimmed === '') return {...nothing, shape: 'empty'};
  const parsed = trimmed.startsWith('{') ? tryParse(trimmed) : undefined;
  const json = asJsonObject(parsed);
  if (json !== undefined) return readJson(json);
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(trimmed)) {
    return {...nothing, shape: 'html', message: htmlText(trimmed)};
  }
  return {...nothing, shape: 'text', message: trimmed.slice(0, longestText)};
}

const nothing = {
  message: '',
  code: undefined,
  type: undefined,
  param: undefined,
  inner: undefined,
  json: undefined,
} as const;

function readJson(json: JsonObject): AzureErrorBody {
  const {error} = json;
  if (isJsonObject(error)) return {...readMembers(error), shape: 'error', json};
  if (typeof error === 'string') return {...readMembers(json), message: error, shape: 'message', json};
  if (json['statusCode'] !== undefined) {
    const members = readMembers(json);
    return {...members, code: members.code ?? asText(json['statusCode']), shape: 'gateway', json};
  }
  return {...readMembers(json), shape: 'message', json};
}

function readMembers(error: JsonObject): Omit<AzureErrorBody, 'shape' | 'json'> {
  const message = asText(error['message']) ?? asText(error['detail']) ?? asText(error['title']);
  return {
    message: (message ?? sayObject(error)).slice(0, longestText),
    code: asText(error['code']),
    type: asString(error['type']),
    param: asString(error['param']),
    inner: asJsonObject(error['innererror']) ?? asJsonObject(error['inner_error']),
  };
}

function sayObject(error: JsonObject): string {
  return Object.keys(error).length === 0 ? '' : JSON.stringify(error);
}

/** Lists of validation problems (`detail: [...]`) are shown as they came. */
function asText(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A page's title and first words: enough to recognise the proxy that wrote it. */
function htmlText(html: string): string {
  const head = html.slice(0, 4 * longestText);
  const visible = head
    .replace(/<(script|style)\b[^>]*>[^<]*/gi, ' ')
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return visible.slice(0, 300);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
