import {asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';

interface NumberRange {
  readonly kind: 'integer' | 'decimal';
  readonly min: number;
  readonly max: number;
}

interface ChoiceRule {
  readonly kind: 'choice';
  readonly values: readonly string[];
}

interface KindRule {
  readonly kind: 'boolean' | 'string' | 'object' | 'array';
  /** Of an array. */
  readonly maxLength?: number;
}

type ValueRule = NumberRange | ChoiceRule | KindRule;

const decimal = (min: number, max: number): NumberRange => ({kind: 'decimal', min, max});
const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): NumberRange => ({
  kind: 'integer',
  min,
  max,
});

const choice = (...values: readonly string[]): ChoiceRule => ({kind: 'choice', values});

const valueRules: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ['temperature', decimal(0, 2)],
  ['top_p', decimal(0, 1)],
  ['presence_penalty', decimal(-2, 2)],
  ['frequency_penalty', decimal(-2, 2)],
  ['n', integer(1, 128)],
  ['max_tokens', integer(1)],
  ['max_completion_tokens', integer(1)],
  ['max_output_tokens', integer(16)],
  ['max_tool_calls', integer(1)],
  ['top_logprobs', integer(0, 20)],
  ['dimensions', integer(1)],
  ['seed', integer(-Number.MAX_SAFE_INTEGER)],
  ['stream', {kind: 'boolean'}],
  ['logprobs', {kind: 'boolean'}],
  ['store', {kind: 'boolean'}],
  ['background', {kind: 'boolean'}],
  ['parallel_tool_calls', {kind: 'boolean'}],
  ['stream_options', {kind: 'object'}],
  ['response_format', {kind: 'object'}],
  ['reasoning', {kind: 'object'}],
  ['text', {kind: 'object'}],
  ['metadata', {kind: 'object'}],
  ['logit_bias', {kind: 'object'}],
  ['prediction', {kind: 'object'}],
  ['audio', {kind: 'object'}],
  ['prompt', {kind: 'object'}],
  ['web_search_options', {kind: 'object'}],
  ['user_security_context', {kind: 'object'}],
  ['tools', {kind: 'array', maxLength: 128}],
  ['functions', {kind: 'array', maxLength: 128}],
  ['modalities', {kind: 'array'}],
  ['data_sources', {kind: 'array'}],
  ['include', {kind: 'array'}],
  ['messages', {kind: 'array', maxLength: 2_048}],
  ['instructions', {kind: 'string'}],
  ['input_type', {kind: 'string'}],
  ['model', {kind: 'string'}],
  ['user', {kind: 'string'}],
  ['previous_response_id', {kind: 'string'}],
  ['safety_identifier', {kind: 'string'}],
  ['prompt_cache_key', {kind: 'string'}],
  ['prompt_cache_retention', {kind: 'string'}],
  ['service_tier', choice('auto', 'default', 'flex', 'scale', 'priority')],
  ['verbosity', choice('low', 'medium', 'high')],
  ['truncation', choice('auto', 'disabled')],
]);

/** The refusal of the first parameter whose value has a wrong type or is out of range. Null counts as not given. */
export function refuseBadValues(body: JsonObject): WholeReply | undefined {
  for (const name of Object.keys(body)) {
    const rule = valueRules.get(name);
    const value = body[name];
    if (rule === undefined || value === null || value === undefined) continue;
    const refusal = refuseValue(name, value, rule);
    if (refusal !== undefined) return refusal;
  }
  return refuseStop(body['stop']) ?? refuseMetadata(asJsonObject(body['metadata']));
}

function refuseValue(name: string, value: JsonValue, rule: ValueRule): WholeReply | undefined {
  if ('min' in rule) return refuseNumber(name, value, rule);
  if ('values' in rule) {
    if (typeof value !== 'string') return wrongType(name, 'string', value);
    return rule.values.includes(value) ? undefined : unknownValue(name, value, rule.values);
  }
  if (kindOf(value) !== rule.kind) return wrongType(name, rule.kind, value);
  const {maxLength} = rule;
  if (maxLength === undefined || !Array.isArray(value) || value.length <= maxLength) return undefined;
  return tooLongArray(name, maxLength, value.length);
}

function refuseNumber(name: string, value: JsonValue, {kind, min, max}: NumberRange): WholeReply | undefined {
  if (typeof value !== 'number' || (kind === 'integer' && !Number.isInteger(value))) {
    return wrongType(name, kind, value);
  }
  if (value > max) {
    return invalidRequest(
      `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
      name,
      `${kind}_above_max_value`,
    );
  }
  if (value >= min) return undefined;
  return invalidRequest(
    `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
    name,
    `${kind}_below_min_value`,
  );
}

function refuseStop(stop: JsonValue | undefined): WholeReply | undefined {
  if (stop === undefined || stop === null || typeof stop === 'string') return undefined;
  if (!Array.isArray(stop) || stop.some((entry) => typeof entry !== 'string')) {
    return wrongType('stop', 'string or an array of strings', stop);
  }
  if (stop.length <= 4) return undefined;
  return tooLongArray('stop', 4, stop.length);
}

const mostPairs = 16;

function refuseMetadata(metadata: JsonObject | undefined): WholeReply | undefined {
  const pairs = Object.entries(metadata ?? {});
  if (pairs.length > mostPairs) {
    return invalidRequest(
      `Invalid 'metadata': too many properties. Expected an object with at most ${mostPairs} properties, but got an object with ${pairs.length} properties instead.`,
      'metadata',
      'object_above_max_properties',
    );
  }
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') return wrongType(`metadata.${name}`, 'string', value ?? null);
  }
  return undefined;
}

/** The refusal of a value that is none of those there are. */
export function unknownValue(
  name: string,
  value: JsonValue | undefined,
  known: readonly string[],
): WholeReply {
  const quoted = known.map((each) => `'${each}'`);
  const last = quoted.pop() ?? '';
  const list = quoted.length > 1 ? `${quoted.join(', ')}, and ${last}` : [...quoted, last].join(' and ');
  return invalidRequest(
    `Invalid value: '${printed(value)}'. Supported values are: ${list}.`,
    name,
    'invalid_value',
  );
}

/** The refusal of a list that may not be empty. */
export function emptyArray(name: string): WholeReply {
  return invalidRequest(
    `Invalid '${name}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    name,
    'empty_array',
  );
}

/** The refusal of a list with too many entries. */
export function tooLongArray(name: string, most: number, length: number): WholeReply {
  return invalidRequest(
    `Invalid '${name}': array too long. Expected an array with maximum length ${most}, but got an array with length ${length} instead.`,
    name,
    'array_above_max_length',
  );
}

/** The refusal of a value of the wrong type. */
export function wrongType(name: string, expected: string, value: JsonValue): WholeReply {
  const article = /^[aeiou]/.test(expected) ? 'an' : 'a';
  return invalidRequest(
    `Invalid type for '${name}': expected ${article} ${expected}, but got ${describe(value)} instead.`,
    name,
    'invalid_type',
  );
}

/** The refusal of a parameter that has to be there. */
export function missingParameter(name: string): WholeReply {
  return invalidRequest(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
}

/** A value as error messages quote it: text as it is, anything else as JSON; a long one only in part. */
export function printed(value: JsonValue | undefined): string {
  return (typeof value === 'string' ? value : JSON.stringify(value ?? null)).slice(0, 200);
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  return isJsonObject(value) ? 'object' : typeof value;
}

function describe(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  const kind = kindOf(value);
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
