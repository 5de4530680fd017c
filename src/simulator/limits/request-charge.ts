import type {ModelFamily} from '../checks/model-family.ts';
import type {Prompt} from '../generation/prompt.ts';

export interface ChargeInput {
  readonly prompt: Prompt;
  /** The request's own maximum, however it is spelt. */
  readonly maxTokens: number | undefined;
  /** The deployment's setting for requests without a maximum. */
  readonly defaultMaxTokens: number | undefined;
}

/**
 * Tokens charged on arrival: the maximum asked for, or the family's default, and for each message a quarter of its
 * characters rounded down, plus one. As measured for gpt-4 and gpt-4o; gpt-3.5 is charged without its prompt.
 */
export function requestCharge(
  family: ModelFamily,
  {prompt, maxTokens, defaultMaxTokens}: ChargeInput,
): number {
  const completion = maxTokens ?? defaultMaxTokens ?? family.defaultCharge;
  if (!family.chargesPrompt) return completion;
  return prompt.messages.reduce((sum, {text}) => sum + Math.floor(text.length / 4) + 1, completion);
}
