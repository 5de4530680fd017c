import {asJsonObject, asNumber, type JsonObject} from '../core/json.ts';
import type {Spending} from '../core/spending.ts';

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  /** Input that was read from a cache. */
  readonly cachedInput: number;
  /** Reasoning included: it is billed as output. */
  readonly output: number;
}

/** What an answer (a Responses API object) used by its `usage`, and what that costs; undefined if it reports no usage. */
export function spendingOfReply(response: JsonObject, price: Price | undefined): Spending | undefined {
  const usage = asJsonObject(response['usage']);
  const inputTokens = asNumber(usage?.['input_tokens']);
  const outputTokens = asNumber(usage?.['output_tokens']);
  if (usage === undefined || inputTokens === undefined || outputTokens === undefined) return undefined;
  if (price === undefined) return {inputTokens, outputTokens, costUsd: undefined};
  const cached = asNumber(asJsonObject(usage['input_tokens_details'])?.['cached_tokens']) ?? 0;
  const costUsd =
    ((inputTokens - cached) * price.input + cached * price.cachedInput + outputTokens * price.output) /
    1_000_000;
  return {inputTokens, outputTokens, costUsd};
}

/** The higher of two prices, kind by kind. */
export function higherPrice(a: Price, b: Price): Price {
  return {
    input: Math.max(a.input, b.input),
    cachedInput: Math.max(a.cachedInput, b.cachedInput),
    output: Math.max(a.output, b.output),
  };
}

/** What so many tokens cost, none of them from a cache. */
export function costOfTokens(inputTokens: number, outputTokens: number, price: Price): number {
  return (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
}
