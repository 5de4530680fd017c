import {z} from 'zod';
import {patternSchema} from './pattern-schema.ts';
import type {FaultKind, FaultSettings, FaultTiming} from './simulator-settings.ts';

const kinds = [
  'status',
  'reset',
  'hang',
  'truncate',
  'html',
  'empty_body',
  'malformed_json',
  'slow',
] as const satisfies readonly FaultKind[];

// What Node would refuse to send is refused here, where it can be named.
const headerName = z.string().regex(/^[\w-]+$/, 'not the name of a header');
const headerValue = z
  .union([z.string().regex(/^[\x20-\x7e]*$/, 'not printable ASCII'), z.number()])
  .transform(String);
const position = z.int().min(1);

const timing = {
  probability: z.number().min(0).max(1).optional(),
  nth: z.union([position, z.array(position).min(1)]).optional(),
  every: position.optional(),
  first: position.optional(),
};

const fault = z.strictObject({
  kind: z.enum(kinds),
  match: z
    .strictObject({
      path: patternSchema.optional(),
      deployment: patternSchema.optional(),
      text: patternSchema.optional(),
    })
    .optional(),
  ...timing,
  count: z.enum(['requests', 'attempts']).default('requests'),
  code: z.int().min(200).max(599).optional(),
  body: z.json().optional(),
  headers: z.record(headerName, headerValue).default({}),
  retry_after_ms: z.number().min(0).optional(),
  after_ms: z.number().min(0).default(0),
  at: z.number().min(0).max(1).default(0.5),
  clean: z.boolean().default(false),
  factor: z.number().min(0).default(10),
});

/** One entry of `faults`. */
export const faultSchema: z.ZodType<FaultSettings> = fault
  .refine(
    ({probability, nth, every, first}) =>
      [probability, nth, every, first].filter((value) => value !== undefined).length <= 1,
    {message: 'give at most one of: probability, nth, every, first'},
  )
  .transform(
    (entry): FaultSettings => ({
      kind: entry.kind,
      path: entry.match?.path,
      deployment: entry.match?.deployment,
      text: entry.match?.text,
      timing: toTiming(entry),
      count: entry.count,
      code: entry.code ?? (entry.kind === 'html' ? 502 : 500),
      body: entry.body,
      headers: entry.headers,
      retryAfterMs: entry.retry_after_ms,
      afterMs: entry.after_ms,
      at: entry.at,
      clean: entry.clean,
      factor: entry.factor,
    }),
  );

function toTiming({probability = 1, nth, every, first}: z.output<typeof fault>): FaultTiming {
  if (nth !== undefined) return {kind: 'nth', positions: new Set([nth].flat())};
  if (every !== undefined) return {kind: 'every', period: every};
  if (first !== undefined) return {kind: 'first', count: first};
  return {kind: 'probability', probability};
}
