import {z} from 'zod';
import {isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {durationForm, parseDuration} from '../core/parse-duration.ts';
import {parseShard, type ShardSetting, shardForm} from '../core/shard.ts';
import type {ConfigNode} from './config-node.ts';

/** A number, or true or false, with its text as written: what string fields take instead of the value. */
export class WrittenScalar {
  readonly value: number | boolean;
  readonly text: string;

  constructor(value: number | boolean, text: string) {
    this.value = value;
    this.text = text;
  }
}

/** What the field schemas below read: plain values, but numbers and booleans as a `WrittenScalar`. */
export function toFieldInput(node: ConfigNode): unknown {
  if (node.kind === 'list') return node.items.map(toFieldInput);
  if (node.kind === 'map') {
    return Object.fromEntries([...node.entries].map(([key, child]) => [key, toFieldInput(child)]));
  }
  const {value, text} = node;
  return typeof value === 'number' || typeof value === 'boolean' ? new WrittenScalar(value, text) : value;
}

/** A string; numbers and booleans are taken as they were written (`00123`, `4`, `yes`). */
export function text(): z.ZodType<string> {
  return z.preprocess(
    (input) => (input instanceof WrittenScalar ? input.text : input),
    z.string({error: expecting('a text')}),
  );
}

/** The base URL of an HTTP server, without slashes at its end. */
export function httpUrl(): z.ZodType<string> {
  const error = expecting('an http or https URL');
  return text().transform((given, context) => {
    const base = given.trim().replace(/\/+$/, '');
    if (/^https?:\/\/[^/]/i.test(base) && URL.canParse(base)) return base;
    context.addIssue({code: 'custom', message: error({input: given})});
    return z.NEVER;
  });
}

/** A whole number in range; `"5"`, `5.0` and `true` are taken too, as pydantic takes them. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const what = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const error = expecting(`a whole number ${what}`);
  return z.preprocess(
    (input) => (/^\s*[+-]?\d+(?:_\d+)*(?:\.0*)?\s*$/.test(stringOf(input)) ? toNumber(input) : plain(input)),
    z.int({error}).min(min, {error}).max(max, {error}),
  );
}

/** A finite number from `min` to `max`; texts of one are taken too. */
export function number(min: number = -Number.MAX_VALUE, max: number = Number.MAX_VALUE): z.ZodType<number> {
  const atLeast = min === -Number.MAX_VALUE ? 'a number' : `a number of at least ${min}`;
  const error = expecting(max === Number.MAX_VALUE ? atLeast : `a number from ${min} to ${max}`);
  return z.preprocess(
    (input) => (stringOf(input).trim() === '' ? plain(input) : toNumber(input)),
    z.number({error}).min(min, {error}).max(max, {error}),
  );
}

/** A time with its unit (`90s`, `1h30m`), in milliseconds. */
export function duration(): z.ZodType<number> {
  return parsedText(durationForm, parseDuration);
}

/** A job's share of a run: `2/8`, `auto`. */
export function shard(): z.ZodType<ShardSetting> {
  return parsedText(shardForm, parseShard);
}

/** A text of a form of its own, read by `parse`, which gives undefined for any other. */
export function parsedText<T>(form: string, parse: (given: string) => T | undefined): z.ZodType<T> {
  const error = expecting(form);
  return text().transform((given, context) => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.addIssue({code: 'custom', message: error({input: given})});
    return z.NEVER;
  });
}

/** True or false, in every form that pydantic takes: `yes`, `off`, `1`, `"true"`. */
export function flag(): z.ZodType<boolean> {
  return z.preprocess(
    (input) => {
      const value = plain(input);
      const word = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
      if (['true', 't', 'yes', 'y', 'on', '1'].includes(word)) return true;
      return ['false', 'f', 'no', 'n', 'off', '0'].includes(word) ? false : value;
    },
    z.boolean({error: expecting('true or false')}),
  );
}

/** One of some words. */
export function choice<const Word extends string>(...words: readonly [Word, ...Word[]]): z.ZodType<Word> {
  const error = expecting(words.map((word) => `\`${word}\``).join(' or '));
  return z.preprocess(
    (input) => (input instanceof WrittenScalar ? input.text : input),
    z.enum(words, {error}),
  );
}

/** A map of names to strings, which take numbers as written. */
export function textMap(): z.ZodType<Readonly<Record<string, string>>> {
  return z.record(z.string(), text(), {error: expecting('a map of texts')});
}

/** A map that travels untouched. */
export function json(): z.ZodType<JsonObject> {
  return z.preprocess(plain, z.custom<JsonObject>(isJsonObject, {error: expecting('a map')}));
}

/** A list of maps that travel untouched. */
export function jsonList(): z.ZodType<readonly JsonObject[]> {
  const error = expecting('a list of maps');
  return z.array(z.preprocess(plain, z.custom<JsonObject>(isJsonObject, {error})), {error});
}

/** Absent and null are both undefined. */
export function optional<T>(field: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((input) => input ?? undefined, field.optional());
}

/** Absent and null are both `value`. */
export function withDefault<T>(field: z.ZodType<T>, value: NoInfer<T>): z.ZodType<T> {
  return optional(field).transform((given) => given ?? value);
}

/** Absent is `value`; null says something of its own (a limit that is off) and is undefined. */
export function nullable<T>(field: z.ZodType<T>, value: NoInfer<T>): z.ZodType<T | undefined> {
  return z.preprocess((input) => (input === undefined ? value : (input ?? undefined)), field.optional());
}

/** The message of an issue: what is expected and what was found. */
export function expecting(what: string): (issue: {readonly input?: unknown}) => string {
  return ({input}) => {
    if (input === undefined || input === null) return `${what} is required here`;
    return `expected ${what}, found ${describe(input)}`;
  };
}

function describe(input: unknown): string {
  const value = input instanceof WrittenScalar ? input.text : input;
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return 'a map';
  const shown = String(value);
  return `\`${shown.length > 60 ? `${shown.slice(0, 57)}...` : shown}\``;
}

/** The plain JSON of a field input. */
function plain(input: unknown): JsonValue | undefined {
  if (input instanceof WrittenScalar) return input.value;
  if (Array.isArray(input)) return input.map((item) => plain(item) ?? null);
  if (typeof input !== 'object' || input === null) return input as JsonValue | undefined;
  return Object.fromEntries(Object.entries(input).map(([key, child]) => [key, plain(child)]));
}

function stringOf(input: unknown): string {
  if (input instanceof WrittenScalar) return String(Number(input.value));
  return typeof input === 'string' ? input : '';
}

function toNumber(input: unknown): unknown {
  const value = Number(stringOf(input).replaceAll('_', ''));
  return Number.isNaN(value) ? plain(input) : value;
}
