import {asJsonArray, asNumber, type JsonObject, type JsonValue} from './json.ts';

/** How large a request is, as far as that can be told before it is sent. */
export interface PromptSize {
  /** Estimated: a quarter of the bytes of its text, and what frames its messages. */
  readonly promptTokens: number;
  /** The most tokens that an answer to it may have; undefined: it does not say. */
  readonly maxOutputTokens: number | undefined;
  /** Offers tools: a rollout of it may take several turns, each of which sends all that was said before. */
  readonly hasTools: boolean;
}

/** The sizes of several rollouts, summed up. */
export interface Workload {
  readonly rollouts: number;
  readonly promptTokens: number;
  /** Of the rollouts whose answers have a maximum: how many they are, and the sum of the maxima. */
  readonly boundedRollouts: number;
  readonly boundTokens: number;
}

export const noWork: Workload = {rollouts: 0, promptTokens: 0, boundedRollouts: 0, boundTokens: 0};

// Of texts in any script: Latin letters take a byte each and about four a token, Chinese ones three and about one.
const bytesAToken = 4;
const tokensAMessage = 4;
const tokensAReply = 3;

/** The size of a Responses request (or of its `input`, `instructions` and `tools` alone). */
export function promptSizeOf(params: JsonObject): PromptSize {
  const {input, instructions, tools, max_output_tokens: most} = params;
  const bytes = textBytes(input) + textBytes(instructions) + textBytes(tools);
  const messages = (Array.isArray(input) ? input.length : 1) + (typeof instructions === 'string' ? 1 : 0);
  return {
    promptTokens: Math.ceil(bytes / bytesAToken) + messages * tokensAMessage + tokensAReply,
    maxOutputTokens: asNumber(most),
    hasTools: asJsonArray(tools).length > 0,
  };
}

/** Estimated tokens of a text. */
export function tokensOfText(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesAToken);
}

/** The workload with `times` rollouts of one size more. */
export function addWork(work: Workload, {promptTokens, maxOutputTokens}: PromptSize, times = 1): Workload {
  return {
    rollouts: work.rollouts + times,
    promptTokens: work.promptTokens + times * promptTokens,
    boundedRollouts: work.boundedRollouts + (maxOutputTokens === undefined ? 0 : times),
    boundTokens: work.boundTokens + times * (maxOutputTokens ?? 0),
  };
}

// What a part is, not what it says; and images, which cost by their size in pixels.
const notText: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'status',
  'detail',
  'image_url',
  'file_data',
]);

function textBytes(value: JsonValue | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  if (Array.isArray(value)) {
    for (const part of value as readonly JsonValue[]) sum += textBytes(part);
    return sum;
  }
  const object = value as JsonObject;
  for (const key in object) if (!notText.has(key)) sum += textBytes(object[key]);
  return sum;
}
