import {asJsonArray, type JsonObject, type JsonValue} from '../../core/json.ts';
import {countTokens} from './tokens.ts';

/** One thing to make a vector of. */
export interface EmbeddingInput {
  /** A text; or tokens, as JSON. */
  readonly text: string;
  readonly tokens: number;
}

/**
 * The inputs of an embeddings request: a text, several, the tokens of one, or the tokens of several. What is none of
 * these counts as absent; `refuseEmbeddingsRequest` says so.
 */
export function embeddingInputs(body: JsonObject): readonly EmbeddingInput[] {
  const {input} = body;
  if (typeof input === 'string') return [ofText(input)];
  const list = asJsonArray(input);
  return typeof list[0] === 'number' ? [ofTokens(list)] : list.flatMap(toInputs);
}

/** Tokens of all inputs: what is billed, and what is charged on arrival. */
export function countInputTokens(inputs: readonly EmbeddingInput[]): number {
  return inputs.reduce((sum, {tokens}) => sum + tokens, 0);
}

function toInputs(entry: JsonValue): readonly EmbeddingInput[] {
  if (typeof entry === 'string') return [ofText(entry)];
  return Array.isArray(entry) ? [ofTokens(entry as readonly JsonValue[])] : [];
}

function ofText(text: string): EmbeddingInput {
  return {text, tokens: countTokens(text)};
}

function ofTokens(tokens: readonly JsonValue[]): EmbeddingInput {
  return {text: JSON.stringify(tokens), tokens: tokens.length};
}
