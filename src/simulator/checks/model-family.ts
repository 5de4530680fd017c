/** What a model can do and how it is charged, as far as the simulator acts on it. */
export interface ModelFamily {
  /** Tokens of prompt and completion together. */
  readonly contextWindow: number;
  readonly maxCompletionTokens: number;
  /** Thinks first: refuses sampling parameters and `max_tokens`, reports reasoning tokens. */
  readonly reasoning: boolean;
  readonly jsonSchema: boolean;
  /** Not on chat completions. */
  readonly responsesOnly: boolean;
  readonly streams: boolean;
  /** Tokens charged on arrival when the request sets no maximum. */
  readonly defaultCharge: number;
  /** Whether the prompt is charged beside the maximum. */
  readonly chargesPrompt: boolean;
  /** Makes vectors instead of text; `contextWindow` is then that of one input. */
  readonly embedding?: EmbeddingFamily;
}

export interface EmbeddingFamily {
  /** Length of a vector where the request asks for none. */
  readonly dimensions: number;
  /** Takes `dimensions`, for shorter vectors. */
  readonly shortens: boolean;
}

const chat: ModelFamily = {
  contextWindow: 128_000,
  maxCompletionTokens: 16_384,
  reasoning: false,
  jsonSchema: true,
  responsesOnly: false,
  streams: true,
  defaultCharge: 640,
  chargesPrompt: true,
};
const reasoning: ModelFamily = {
  ...chat,
  contextWindow: 200_000,
  maxCompletionTokens: 100_000,
  reasoning: true,
};
const gpt5: ModelFamily = {...reasoning, contextWindow: 400_000, maxCompletionTokens: 128_000};
const gpt4: ModelFamily = {...chat, contextWindow: 8_192, maxCompletionTokens: 8_192, jsonSchema: false};
const embedding = (dimensions: number, shortens: boolean): ModelFamily => ({
  ...chat,
  contextWindow: 8_192,
  maxCompletionTokens: 0,
  jsonSchema: false,
  streams: false,
  defaultCharge: 0,
  embedding: {dimensions, shortens},
});

// First match wins: the narrower name stands before the wider.
const families: readonly (readonly [RegExp, ModelFamily])[] = [
  [/^text-embedding-3-large/, embedding(3_072, true)],
  [/^(text-embedding-ada|ada$)/, embedding(1_536, false)],
  [/embedding/, embedding(1_536, true)],
  [/^(gpt-5.*(codex|-pro)|o1-pro|o3-pro|codex)/, {...gpt5, responsesOnly: true}],
  [/^gpt-5.*-chat/, chat],
  [/^gpt-5\.4/, {...gpt5, contextWindow: 1_050_000}],
  [/^gpt-5/, gpt5],
  [
    /^o1-(mini|preview)/,
    {...reasoning, contextWindow: 128_000, maxCompletionTokens: 65_536, jsonSchema: false},
  ],
  [/^o1/, {...reasoning, streams: false}],
  [/^o\d/, reasoning],
  [/^gpt-4\.1/, {...chat, contextWindow: 1_047_576, maxCompletionTokens: 32_768}],
  [/^gpt-4o-2024-05-13/, {...chat, maxCompletionTokens: 4_096, jsonSchema: false}],
  [/^(gpt-4o|gpt-4\.5)/, chat],
  [/^gpt-4-(turbo|1106|0125|vision)/, {...chat, maxCompletionTokens: 4_096, jsonSchema: false}],
  [/^gpt-4-32k/, {...gpt4, contextWindow: 32_768, maxCompletionTokens: 32_768}],
  [/^gpt-4/, gpt4],
  [
    /^gpt-3\.?5/,
    {...gpt4, contextWindow: 16_385, maxCompletionTokens: 4_096, defaultCharge: 16, chargesPrompt: false},
  ],
];

/** The family of a model by its name with version, e.g. `o3-mini-2025-01-31`; an unknown name is taken for a chat model like gpt-4o. */
export function modelFamily(model: string): ModelFamily {
  return families.find(([name]) => name.test(model.toLowerCase()))?.[1] ?? chat;
}
