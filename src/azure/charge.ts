import {isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {WireApi} from '../core/wire.ts';
import type {FamilyTraits} from './model-family.ts';

/** Estimates the tokens that the service charges for a request when it arrives. */
export type ChargeEstimate = (body: JsonObject, api: WireApi) => number;

// Measured where a request names no maximum (azure-openai.md §5.2).
const completionIfUnset = 640;
const legacyCompletionIfUnset = 16;
const charactersAToken = 4;

/**
 * Azure's charge on arrival as measured (azure-openai.md §5.2): the most tokens that may be generated, and for each message
 * a quarter of its characters rounded down, plus one. gpt-3.5 is charged without its prompt, embeddings for every four
 * characters begun of each input. It is not what is billed. `outputWeight`: tokens of input that one of output counts for.
 */
export function chargeEstimateOf({name}: FamilyTraits, outputWeight = 1): ChargeEstimate {
  const isLegacy = name === 'gpt-3.5';
  const unset = isLegacy ? legacyCompletionIfUnset : completionIfUnset;
  return (body, api) => {
    if (api === 'embeddings') return chargeOfInputs(body['input']);
    const completion = outputWeight * (mostTokens(body) ?? unset);
    return isLegacy ? completion : completion + chargeOfPrompt(body);
  };
}

/** How many tokens of input one of output counts for where throughput is provisioned (azure-openai.md §5.1). */
export function outputWeightOf({name}: FamilyTraits): number {
  return /^(gpt-5|codex)/.test(name) ? 8 : 4;
}

/**
 * What a call took in the end, in the measure of its estimate, by a reply's `usage`; undefined where that does not say.
 * Provisioned throughput (`outputWeight` above 1) gives cached input for nothing.
 */
export function usedTokensOf(usage: JsonValue | undefined, outputWeight: number): number | undefined {
  if (!isJsonObject(usage)) return undefined;
  const {input_tokens: input, output_tokens: output, input_tokens_details: details} = usage;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const cached = outputWeight > 1 && isJsonObject(details) ? details['cached_tokens'] : 0;
  return input - (typeof cached === 'number' ? cached : 0) + outputWeight * output;
}

function mostTokens(body: JsonObject): number | undefined {
  const asked = body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens'];
  return typeof asked === 'number' && asked > 0 ? asked : undefined;
}

/** Of chat messages, or of a Responses request's instructions and input. */
function chargeOfPrompt({messages, instructions, input}: JsonObject): number {
  const ofInstructions = typeof instructions === 'string' ? chargeOfText(instructions.length) : 0;
  const items = messages ?? input;
  if (typeof items === 'string') return ofInstructions + chargeOfText(items.length);
  if (!Array.isArray(items)) return ofInstructions;
  let sum = ofInstructions;
  for (const item of items as readonly JsonValue[])
    if (isJsonObject(item))
      sum += chargeOfText(lengthOf(item['content'] ?? item['output'] ?? item['arguments']));
  return sum;
}

function chargeOfText(characters: number): number {
  return Math.floor(characters / charactersAToken) + 1;
}

/** Characters of a text, or of the text parts of a list. */
function lengthOf(content: JsonValue | undefined): number {
  if (typeof content === 'string') return content.length;
  if (!Array.isArray(content)) return 0;
  let sum = 0;
  for (const part of content as readonly JsonValue[]) {
    const text = isJsonObject(part) ? part['text'] : undefined;
    if (typeof text === 'string') sum += text.length;
  }
  return sum;
}

/** Of a text, several, the tokens of one, or the tokens of several. */
function chargeOfInputs(input: JsonValue | undefined): number {
  if (typeof input === 'string') return Math.ceil(input.length / charactersAToken);
  if (!Array.isArray(input)) return 0;
  const list = input as readonly JsonValue[];
  return list.reduce<number>((sum, entry) => {
    if (typeof entry === 'number') return sum + 1;
    return sum + (Array.isArray(entry) ? entry.length : chargeOfInputs(entry));
  }, 0);
}
