import type {FilterRule} from '../settings/simulator-settings.ts';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface CalledTool {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
}

/** One of the answers to a request. */
export interface Choice {
  readonly index: number;
  readonly text: string;
  /** What a stream shows where the filter comes after the text. */
  readonly streamedText: string;
  readonly toolCalls: readonly CalledTool[];
  readonly refusal: string | undefined;
  readonly finishReason: FinishReason;
  /** The filter's rule that cut it off. */
  readonly blockedBy: FilterRule | undefined;
}

/** What the model made of a request, before it takes the shape of an operation. */
export interface Generation {
  readonly choices: readonly Choice[];
  readonly promptTokens: number;
  readonly reasoningTokens: number;
  /** Reasoning included, over all choices. */
  readonly completionTokens: number;
}
