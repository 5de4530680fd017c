import {z} from 'zod';
import {isJsonObject, type JsonObject} from '../../core/json.ts';
import {RequestRefusal} from '../http/request-refusal.ts';

/** The body, if the schema takes it; else a refusal with status 422 that names every field that is wrong, the first as `param`. */
export function checkBody(body: JsonObject | undefined, schema: z.ZodType): JsonObject {
  const given = body ?? {};
  const {error} = schema.safeParse(given);
  if (error === undefined) return given;
  const problems = error.issues.map(({path, message}) => ({field: pathText(path), message}));
  const told = problems.slice(0, mostProblems).map(({field, message}) => `${field} ${message}`);
  throw new RequestRefusal(told.join('; '), {
    status: 422,
    code: 'invalid_request_body',
    param: problems[0]?.field,
  });
}

const mostProblems = 10;
const longestName = 100;

/** What a field of a body has to be, in words: `object`, `a text or null`. */
export function must(be: string): {error: (issue: {readonly input?: unknown}) => string} {
  return {
    error: ({input}) => (input === undefined ? 'is missing' : `must be ${be}, not ${kindOf(input)}`),
  };
}

/** `responses_create_params`, as far as every server needs it; null members are NeMo Gym's way to write what is not set. */
export const paramsSchema: z.ZodType = z.looseObject(
  {input: z.union([z.string(), z.array(z.unknown())], must('a text or a list of items'))},
  must('an object'),
);

/** An index that may be missing or null. */
export const indexSchema: z.ZodType = z
  .number(must('a whole number from 0'))
  .refine((value) => Number.isSafeInteger(value) && value >= 0, {error: 'must be a whole number from 0'})
  .nullish();

/** Any object; it is not looked into. */
export const objectSchema: z.ZodType<JsonObject> = z.custom<JsonObject>(isJsonObject, must('an object'));

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const kind = typeof value;
  if (kind === 'bigint') return 'a number';
  return kind === 'string' ? 'a text' : kind === 'object' ? 'an object' : `a ${kind}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    // A key of the client's may be as long as the body.
    const name = String(key).slice(0, longestName);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
