import {z} from 'zod';
import {answerSchema} from './answer-schema.ts';
import {contentFilterSchema} from './content-filter-schema.ts';
import {faultSchema} from './fault-schema.ts';
import type {
  AnswerSettings,
  ContentFilterSettings,
  FaultSettings,
  LatencySettings,
  RateLimitSettings,
} from './simulator-settings.ts';

/** A deployment as written: what it leaves out comes from the simulator's own settings. */
export interface DeploymentEntry {
  readonly model: string;
  readonly limits: RateLimitSettings;
  readonly latency: LatencySettings | undefined;
  readonly contentFilter: ContentFilterSettings | undefined;
  readonly answers: readonly AnswerSettings[];
  readonly faults: readonly FaultSettings[];
}

const milliseconds = z.number().min(0);

/** `latency` of a deployment or of the whole simulator. */
export const latencySchema: z.ZodType<LatencySettings> = z
  .strictObject({
    ttft_ms: z
      .union([milliseconds, z.strictObject({median: milliseconds, sigma: milliseconds.default(0)})])
      .default(0),
    per_token_ms: milliseconds.default(0),
  })
  .transform(({ttft_ms, per_token_ms}) => {
    const {median, sigma} = typeof ttft_ms === 'number' ? {median: ttft_ms, sigma: 0} : ttft_ms;
    return {firstTokenMedianMs: median, firstTokenSigma: sigma, perTokenMs: per_token_ms};
  });

/** One entry of `deployments`; an empty one (`gpt-4o:` and nothing more) is all defaults. */
export const deploymentSchema: z.ZodType<DeploymentEntry> = z.preprocess(
  (value) => value ?? {},
  z
    .strictObject({
      model: z.string().min(1).default('gpt-4o-2024-08-06'),
      rpm: z.number().positive().optional(),
      tpm: z.number().positive().optional(),
      default_max_tokens: z.int().min(0).optional(),
      latency: latencySchema.optional(),
      content_filter: contentFilterSchema.optional(),
      answers: z.array(answerSchema).default([]),
      faults: z.array(faultSchema).default([]),
    })
    .transform(({model, rpm, tpm, default_max_tokens, content_filter, ...rest}) => ({
      model,
      limits: {requestsPerMinute: rpm, tokensPerMinute: tpm, defaultMaxTokens: default_max_tokens},
      latency: rest.latency,
      contentFilter: content_filter,
      answers: rest.answers,
      faults: rest.faults,
    })),
);
