import type {Call} from '../generation/call.ts';
import {countInputTokens, embeddingInputs} from '../generation/embedding-inputs.ts';

/**
 * Tokens charged on arrival: the maximum asked for, or what the deployment or else the family takes for it, and for each
 * message a quarter of its characters rounded down, plus one. As measured for gpt-4 and gpt-4o; gpt-3.5 is charged
 * without its prompt, embeddings for every four characters begun of each input.
 */
export function requestCharge({operation, body, deployment, prompt, maxTokens}: Call): number {
  if (operation === 'embeddings') return countInputTokens(embeddingInputs(body));
  const {family, settings} = deployment;
  const completion = maxTokens ?? settings.limits.defaultMaxTokens ?? family.defaultCharge;
  if (!family.chargesPrompt) return completion;
  return prompt.messages.reduce((sum, {text}) => sum + Math.floor(text.length / 4) + 1, completion);
}
