import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import type {ModelFamily} from './model-family.ts';

/** The 400 of a prompt that leaves no room in the model's window, alone or with the maximum asked for. */
export function refuseLongPrompt(
  {contextWindow}: ModelFamily,
  promptTokens: number,
  maxTokens: number | undefined,
): WholeReply | undefined {
  if (promptTokens + (maxTokens ?? 0) <= contextWindow) return undefined;
  const opening = `This model's maximum context length is ${contextWindow} tokens. However, `;
  const rest =
    promptTokens > contextWindow || maxTokens === undefined
      ? `your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`
      : `you requested ${promptTokens + maxTokens} tokens (${promptTokens} in the messages, ${maxTokens} in the completion). Please reduce the length of the messages or completion.`;
  return invalidRequest(opening + rest, 'messages', 'context_length_exceeded');
}
