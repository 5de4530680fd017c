import type {Call} from '../generation/call.ts';
import {countInputTokens, embeddingInputs} from '../generation/embedding-inputs.ts';
import type {Generation} from '../generation/generation.ts';

/**
 * Tokens charged on arrival: the maximum asked for, or what the deployment or else the family takes for it, and for each
 * message a quarter of its characters rounded down, plus one. As measured for gpt-4 and gpt-4o; gpt-3.5 is charged
 * without its prompt, embeddings for every four characters begun of each input.
 */
export function requestCharge(call: Call): number {
  if (call.operation === 'embeddings') return countInputTokens(embeddingInputs(call.body));
  return completionCharge(call) + (call.deployment.family.chargesPrompt ? promptCharge(call) : 0);
}

/** What a request adds to the utilisation on arrival, in tokens: its prompt, and its maximum with the weight of output. */
export function provisionedEstimate(call: Call, outputWeight: number): number {
  if (call.operation === 'embeddings') return countInputTokens(embeddingInputs(call.body));
  return promptCharge(call) + outputWeight * completionCharge(call);
}

/** The same when the request is over; one that nothing was made for costs nothing. No prompt is ever cached here. */
export function provisionedCost(generation: Generation | undefined, outputWeight: number): number {
  if (generation === undefined) return 0;
  return generation.promptTokens + outputWeight * generation.completionTokens;
}

function completionCharge({deployment: {family, settings}, maxTokens}: Call): number {
  return maxTokens ?? settings.limits.defaultMaxTokens ?? family.defaultCharge;
}

function promptCharge({prompt}: Call): number {
  return prompt.messages.reduce((sum, {text}) => sum + Math.floor(text.length / 4) + 1, 0);
}
