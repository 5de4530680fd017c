import {asNumber, type JsonObject} from '../../core/json.ts';
import type {Call} from '../generation/call.ts';
import type {CalledTool, Choice, Generation} from '../generation/generation.ts';
import {randomFor} from '../generation/request-hash.ts';
import {resultsFor, safeCompletion, safePrompt} from './filter-results.ts';
import {logprobsOf} from './logprobs.ts';

/** The members that every object of one chat reply shares. */
export interface ChatIdentity {
  readonly created: number;
  readonly id: string;
  readonly model: string;
}

const promptFilterResults = [{prompt_index: 0, content_filter_results: safePrompt}];

/** The first frame's members, which are also in the whole reply. */
export const chatPromptFilter: JsonObject = {prompt_filter_results: promptFilterResults};

/** Id, model and birth of a chat reply: from the request's hash, so that the same request gets the same ones. */
export function chatIdentity({hash, deployment}: Call, created: number): ChatIdentity {
  return {created, id: `chatcmpl-${hash.slice(0, 29)}`, model: deployment.settings.model};
}

/** A `chat.completion` object. */
export function chatCompletion(call: Call, generation: Generation, created: number): JsonObject {
  return {
    choices: generation.choices.map((choice) => completionChoice(call, choice)),
    ...chatIdentity(call, created),
    object: 'chat.completion',
    ...chatPromptFilter,
    system_fingerprint: systemFingerprint(call),
    usage: chatUsage(generation),
  };
}

/** Stands for the build of the model that answered. */
export function systemFingerprint({deployment}: Call): string {
  return `fp_${deployment.fingerprint}`;
}

/** The `usage` of a chat reply. */
export function chatUsage({promptTokens, completionTokens, reasoningTokens}: Generation): JsonObject {
  return {
    completion_tokens: completionTokens,
    completion_tokens_details: {
      accepted_prediction_tokens: 0,
      audio_tokens: 0,
      reasoning_tokens: reasoningTokens,
      rejected_prediction_tokens: 0,
    },
    prompt_tokens: promptTokens,
    prompt_tokens_details: {audio_tokens: 0, cached_tokens: 0},
    total_tokens: promptTokens + completionTokens,
  };
}

/** A called tool as chat writes it. */
export function chatToolCall({id, name, argumentsText}: CalledTool): JsonObject {
  return {function: {arguments: argumentsText, name}, id, type: 'function'};
}

/** The token log probabilities of a text, when the request asked for them. */
export function chatLogprobs({body, hash}: Call, {text, index}: Choice): JsonObject | null {
  if (body['logprobs'] !== true) return null;
  return {
    content: logprobsOf(text, asNumber(body['top_logprobs']) ?? 0, randomFor(hash, 'logprobs', index)),
    refusal: null,
  };
}

function completionChoice(call: Call, choice: Choice): JsonObject {
  const {index, text, toolCalls, refusal, finishReason, blockedBy} = choice;
  const silent = refusal !== undefined || (toolCalls.length > 0 && text === '');
  return {
    content_filter_results: resultsFor(safeCompletion, blockedBy),
    finish_reason: finishReason,
    index,
    logprobs: chatLogprobs(call, choice),
    message: {
      annotations: [],
      content: silent ? null : text,
      refusal: refusal ?? null,
      role: 'assistant',
      ...(toolCalls.length > 0 ? {tool_calls: toolCalls.map(chatToolCall)} : {}),
    },
  };
}
