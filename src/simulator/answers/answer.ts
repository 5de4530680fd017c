import type {Random} from '../../core/clock.ts';
import type {Prompt} from '../generation/prompt.ts';
import type {FinishOverride} from '../settings/simulator-settings.ts';

export interface ToolCall {
  readonly name: string;
  /** JSON text. */
  readonly argumentsText: string;
}

/** What the model says to one request: text, tool calls or a refusal. */
export interface Answer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly refusal: string | undefined;
  readonly finishReason: FinishOverride | undefined;
}

/** What an answerer may look at. */
export interface Question {
  readonly prompt: Prompt;
  /** Names of the tools that may be called. */
  readonly toolNames: ReadonlySet<string>;
  /** Draws that depend on the seed, the request and the choice, and on nothing else. */
  readonly random: (purpose: string) => Random;
  /**
   * Draws that depend on the prompt alone at temperature 0, and above it on the request's `seed` and the choice too:
   * the same prompt gets the same verdict, and samples of it may differ.
   */
  readonly sampleRandom: (purpose: string) => Random;
}

/** One entry of `answers`, made ready: undefined when it has nothing to say to this question. */
export type Answerer = (question: Question) => Answer | undefined;

/** An answer of text alone. */
export function textAnswer(text: string): Answer {
  return {text, toolCalls: [], refusal: undefined, finishReason: undefined};
}
