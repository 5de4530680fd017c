import type {FeatureGate} from './api-version.ts';

const always: FeatureGate = {preview: '', ga: ''};
const tools: FeatureGate = {preview: '2023-12-01-preview', ga: '2024-02-01'};
const logprobs: FeatureGate = {preview: '2024-02-15-preview', ga: '2024-06-01'};
const october: FeatureGate = {preview: '2024-09-01-preview', ga: '2024-10-21'};
const december: FeatureGate = {preview: '2024-12-01-preview'};
const audio: FeatureGate = {preview: '2025-01-01-preview'};
const undated: FeatureGate = {preview: '9999'};

/**
 * The arguments that chat completions takes, with the first API version that knows each. The published specs leave
 * bodies open; this list is from their differences and from what users were refused.
 */
export const chatParameters: ReadonlyMap<string, FeatureGate> = new Map([
  ...gated(always, [
    'messages',
    'model',
    'temperature',
    'top_p',
    'n',
    'stream',
    'stop',
    'max_tokens',
    'presence_penalty',
    'frequency_penalty',
    'logit_bias',
    'user',
  ]),
  ...gated({preview: '2023-07-01-preview', ga: '2024-02-01'}, ['functions', 'function_call']),
  ...gated(tools, ['tools', 'tool_choice', 'response_format', 'seed', 'data_sources']),
  ...gated(logprobs, ['logprobs', 'top_logprobs']),
  ...gated(october, ['max_completion_tokens', 'parallel_tool_calls', 'stream_options']),
  ...gated(december, ['store', 'metadata', 'reasoning_effort', 'user_security_context', 'service_tier']),
  ...gated(audio, ['prediction', 'modalities', 'audio']),
  ...gated({preview: '2025-04-01-preview'}, ['verbosity']),
  ...gated(undated, [
    'web_search_options',
    'safety_identifier',
    'prompt_cache_key',
    'prompt_cache_retention',
  ]),
]);

/** What reasoning models refuse, whatever the value; see `reasoningDefaults` for those with one allowed value. */
export const refusedByReasoning: ReadonlySet<string> = new Set(['logprobs', 'top_logprobs', 'logit_bias']);

/** Sampling parameters that reasoning models take only at their default. */
export const reasoningDefaults: ReadonlyMap<string, number> = new Map([
  ['temperature', 1],
  ['top_p', 1],
  ['presence_penalty', 0],
  ['frequency_penalty', 0],
]);

function gated(gate: FeatureGate, names: readonly string[]): [string, FeatureGate][] {
  return names.map((name) => [name, gate]);
}
