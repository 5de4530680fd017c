import {z} from 'zod';
import {choice, expecting, flag, integer, optional, text} from './fields.ts';
import {reference, type ServerRef} from './server-reference.ts';

/** What a deployment has of its own and needs no default: an instance has it, and so has each of several deployments in it. */
export const deploymentFields: {
  readonly openai_base_url: z.ZodType<string | ServerRef<'simulators'> | undefined>;
  readonly openai_api_key: z.ZodType<string | undefined>;
  readonly openai_model: z.ZodType<string | undefined>;
  readonly num_concurrent_requests: z.ZodType<number | undefined>;
  readonly rpm: z.ZodType<number | undefined>;
  readonly tpm: z.ZodType<number | undefined>;
  readonly provisioned: z.ZodType<boolean | undefined>;
  readonly entra_scope: z.ZodType<string | undefined>;
  readonly api_key_header: z.ZodType<string | undefined>;
  readonly endpoint_style: z.ZodType<'v1' | 'deployments' | 'models' | 'opaque' | undefined>;
  readonly upstream_api: z.ZodType<'chat_completions' | 'responses' | undefined>;
  readonly model_family: z.ZodType<string | undefined>;
} = {
  openai_base_url: optional(
    z.union([text(), reference('simulators')], {
      error: expecting('a URL, or `{type: simulators, name: <instance>}`'),
    }),
  ),
  openai_api_key: optional(text()),
  openai_model: optional(text()),
  num_concurrent_requests: optional(integer(1)),
  rpm: optional(integer(1)),
  tpm: optional(integer(1)),
  provisioned: optional(flag()),
  entra_scope: optional(text()),
  api_key_header: optional(text()),
  endpoint_style: optional(choice('v1', 'deployments', 'models', 'opaque')),
  upstream_api: optional(choice('chat_completions', 'responses')),
  model_family: optional(text()),
};

/** How calls are signed. */
export const authentication = (): z.ZodType<'api_key' | 'bearer' | 'entra_id'> =>
  choice('api_key', 'bearer', 'entra_id');
