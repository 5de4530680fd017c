import {z} from 'zod';
import {patternSchema} from './pattern-schema.ts';
import type {ContentFilterSettings, FilterRule} from './simulator-settings.ts';

const filterRule = z.union([
  patternSchema.transform((pattern): FilterRule => ({pattern, category: 'violence', severity: 'high'})),
  z
    .strictObject({
      match: patternSchema,
      category: z.enum(['hate', 'self_harm', 'sexual', 'violence', 'jailbreak']).default('violence'),
      severity: z.enum(['low', 'medium', 'high']).default('high'),
    })
    .transform(({match, ...rest}): FilterRule => ({pattern: match, ...rest})),
]);

/** `content_filter` of a deployment or of the whole simulator. */
export const contentFilterSchema: z.ZodType<ContentFilterSettings> = z
  .strictObject({
    block_prompt: z.array(filterRule).default([]),
    block_completion: z.array(filterRule).default([]),
    mode: z.enum(['buffered', 'asynchronous']).default('buffered'),
    error_shape: z.enum(['innererror', 'inner_error', 'bare']).default('innererror'),
  })
  .transform(({block_prompt, block_completion, mode, error_shape}) => ({
    blockPrompt: block_prompt,
    blockCompletion: block_completion,
    mode,
    errorShape: error_shape,
  }));

/** A filter that lets everything pass. */
export const openContentFilter: ContentFilterSettings = {
  blockPrompt: [],
  blockCompletion: [],
  mode: 'buffered',
  errorShape: 'innererror',
};
