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

/** Provisioned throughput as written: the model family knows what a unit is worth, unless it is said. */
export interface ProvisionedEntry {
  readonly units: number;
  readonly inputTpmPerUnit: number | undefined;
  readonly outputWeight: number | undefined;
  readonly windowS: number;
}

/** A deployment as written: what it leaves out comes from the simulator's own settings. */
export interface DeploymentEntry {
  readonly model: string;
  readonly limits: RateLimitSettings;
  readonly provisioned: ProvisionedEntry | undefined;
  readonly spillover: string | undefined;
  readonly latency: LatencySettings | undefined;
  readonly contentFilter: ContentFilterSettings | undefined;
  readonly answers: readonly AnswerSettings[];
  readonly faults: readonly FaultSettings[];
}

// The portal shows utilisation by the minute.
const defaultWindowS = 60;

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

const provisionedSchema: z.ZodType<ProvisionedEntry> = z
  .union([
    z.number().positive(),
    z.strictObject({
      units: z.number().positive(),
      input_tpm_per_unit: z.number().positive().optional(),
      output_weight: z.number().min(1).optional(),
      window_s: z.number().positive().optional(),
    }),
  ])
  .transform((ptu) => {
    const {units, input_tpm_per_unit, output_weight, window_s} = typeof ptu === 'number' ? {units: ptu} : ptu;
    const windowS = window_s ?? defaultWindowS;
    return {units, inputTpmPerUnit: input_tpm_per_unit, outputWeight: output_weight, windowS};
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
      ptu: provisionedSchema.optional(),
      spillover: z.string().min(1).optional(),
      latency: latencySchema.optional(),
      content_filter: contentFilterSchema.optional(),
      answers: z.array(answerSchema).default([]),
      faults: z.array(faultSchema).default([]),
    })
    .refine(({ptu, rpm, tpm}) => ptu === undefined || (rpm === undefined && tpm === undefined), {
      error: 'provisioned throughput has no rpm and no tpm: leave out these or ptu',
      path: ['ptu'],
    })
    .refine(({ptu, spillover}) => ptu !== undefined || spillover === undefined, {
      error: 'only a provisioned deployment (ptu) spills over',
      path: ['spillover'],
    })
    .transform(({model, rpm, tpm, default_max_tokens, content_filter, ...rest}) => ({
      model,
      limits: {requestsPerMinute: rpm, tokensPerMinute: tpm, defaultMaxTokens: default_max_tokens},
      provisioned: rest.ptu,
      spillover: rest.spillover,
      latency: rest.latency,
      contentFilter: content_filter,
      answers: rest.answers,
      faults: rest.faults,
    })),
);
