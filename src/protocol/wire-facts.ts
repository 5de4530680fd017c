import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import type {WireApi, WireFacts} from '../core/wire.ts';
import {errorWord} from './stream-failure.ts';
import {toResponsesUsage} from './usage.ts';

/** What a whole reply says of itself: model, tokens, why it ended. A count that nobody gave is left out. */
export function readReplyFacts(api: WireApi, body: JsonObject): WireFacts {
  const facts: WireFacts = {};
  if (api === 'responses') {
    noteResponse(facts, body);
    return facts;
  }
  const chat = new ChatFacts(facts);
  chat.read(body);
  return facts;
}

/** Notes what a Responses object says of itself; its status once it is over. */
export function noteResponse(facts: WireFacts, response: JsonObject): void {
  const {model, usage, status, error} = response;
  noteModel(facts, model);
  noteUsage(facts, asJsonObject(usage));
  if (typeof status === 'string' && finalStatuses.has(status)) facts.finishReasons = [status];
  if (isJsonObject(error)) facts.errorCode = errorWord(error);
}

const finalStatuses: ReadonlySet<string> = new Set(['completed', 'incomplete', 'failed', 'cancelled']);

/**
 * Reads the facts off a chat completion or, one after the other, off the frames of its stream. Empty names, as in the
 * frames of Azure's filter, are passed over.
 */
export class ChatFacts {
  readonly #facts: WireFacts;
  readonly #reasons = new Map<number, string | undefined>();
  #unfinished = 0;

  constructor(facts: WireFacts) {
    this.#facts = facts;
  }

  /** Whether there was any choice, and each has ended. */
  get isFinished(): boolean {
    return this.#reasons.size > 0 && this.#unfinished === 0;
  }

  /** Whether there was any choice. */
  get hasBegun(): boolean {
    return this.#reasons.size > 0;
  }

  read(frame: JsonObject): void {
    noteModel(this.#facts, frame['model']);
    if (frame['usage'] != null) noteUsage(this.#facts, toResponsesUsage(frame['usage']) ?? undefined);
    for (const choice of asJsonArray(frame['choices'])) if (isJsonObject(choice)) this.#readChoice(choice);
  }

  #readChoice(choice: JsonObject): void {
    const index = asNumber(choice['index']) ?? 0;
    const known = this.#reasons.get(index);
    if (known === undefined && !this.#reasons.has(index)) {
      if (this.#reasons.size >= mostChoices) return;
      this.#reasons.set(index, undefined);
      this.#unfinished += 1;
    }
    const reason = asString(choice['finish_reason']) ?? audioEnd(choice);
    // Nothing lifts the filter's block, which may come after the answer has stopped.
    if (reason === undefined || known === reason || known === 'content_filter') return;
    if (known === undefined) this.#unfinished -= 1;
    this.#reasons.set(index, reason);
    this.#note();
  }

  #note(): void {
    const inOrder = [...this.#reasons].sort(([a], [b]) => a - b);
    this.#facts.finishReasons = inOrder.map(([, reason]) => reason).filter((reason) => reason !== undefined);
  }
}

// The service allows 128.
const mostChoices = 1024;

/** Spoken answers may end without a reason, with the time until which they are kept. */
function audioEnd({delta}: JsonObject): string | undefined {
  const audio = asJsonObject(asJsonObject(delta)?.['audio']);
  return audio?.['expires_at'] == null ? undefined : 'stop';
}

function noteModel(facts: WireFacts, model: JsonValue | undefined): void {
  if (facts.responseModel === undefined && typeof model === 'string' && model !== '')
    facts.responseModel = model;
}

/** Takes usage in the Responses shape. */
function noteUsage(facts: WireFacts, usage: JsonObject | undefined): void {
  if (usage === undefined) return;
  const cached = asJsonObject(usage['input_tokens_details'])?.['cached_tokens'];
  const reasoning = asJsonObject(usage['output_tokens_details'])?.['reasoning_tokens'];
  facts.inputTokens = asNumber(usage['input_tokens']) ?? facts.inputTokens;
  facts.outputTokens = asNumber(usage['output_tokens']) ?? facts.outputTokens;
  facts.cachedTokens = asNumber(cached) ?? facts.cachedTokens;
  facts.reasoningTokens = asNumber(reasoning) ?? facts.reasoningTokens;
}
