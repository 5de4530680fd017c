import {z} from 'zod';
import {patternSchema} from './pattern-schema.ts';
import type {FaultKind, FaultSettings, FaultTiming} from './simulator-settings.ts';

const kinds = [
  'status',
  'html',
  'empty_body',
  'reset',
  'half_close',
  'hang',
  'endless_headers',
  'truncate',
  'stall',
  'drip',
  'endless_body',
  'malformed_json',
  'in_stream_error',
  'missing_done',
  'dup_frame',
  'split_utf8',
  'wrong_length',
  'interim',
  'slow',
] as const satisfies readonly FaultKind[];

/** What a kind has where a rule does not say. */
const defaults = {code: 500, at: 0.5, intervalMs: 0};
const ownDefaults: Readonly<Partial<Record<FaultKind, Partial<typeof defaults>>>> = {
  html: {code: 502},
  interim: {code: 100},
  // Before anything of the reply.
  reset: {at: 0},
  half_close: {at: 0},
  drip: {at: 0, intervalMs: 60_000},
  endless_headers: {intervalMs: 1_000},
};

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
  code: z.int().min(100).max(599).optional(),
  body: z.json().optional(),
  headers: z.record(headerName, headerValue).default({}),
  retry_after_ms: z.number().min(0).optional(),
  after_ms: z.number().min(0).default(0),
  at: z.number().min(0).max(1).optional(),
  clean: z.boolean().default(false),
  factor: z.number().min(0).default(10),
  interval_ms: z.number().min(0).optional(),
  excess_bytes: z.int().default(10),
});

/** One entry of `faults`. */
export const faultSchema: z.ZodType<FaultSettings> = fault
  .refine(
    ({probability, nth, every, first}) =>
      [probability, nth, every, first].filter((value) => value !== undefined).length <= 1,
    {message: 'give at most one of: probability, nth, every, first'},
  )
  .refine(({kind, code}) => code === undefined || code < 200 === (kind === 'interim'), {
    message: 'code is from 200 to 599, and of `interim` from 100 to 199',
  })
  .transform((entry): FaultSettings => {
    const usual = {...defaults, ...ownDefaults[entry.kind]};
    return {
      kind: entry.kind,
      path: entry.match?.path,
      deployment: entry.match?.deployment,
      text: entry.match?.text,
      timing: toTiming(entry),
      count: entry.count,
      code: entry.code ?? usual.code,
      body: entry.body,
      headers: entry.headers,
      retryAfterMs: entry.retry_after_ms,
      afterMs: entry.after_ms,
      at: entry.at ?? usual.at,
      clean: entry.clean,
      factor: entry.factor,
      intervalMs: entry.interval_ms ?? usual.intervalMs,
      excessBytes: entry.excess_bytes,
    };
  });

function toTiming({probability = 1, nth, every, first}: z.output<typeof fault>): FaultTiming {
  if (nth !== undefined) return {kind: 'nth', positions: new Set([nth].flat())};
  if (every !== undefined) return {kind: 'every', period: every};
  if (first !== undefined) return {kind: 'first', count: first};
  return {kind: 'probability', probability};
}
