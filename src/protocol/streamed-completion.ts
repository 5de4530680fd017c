import {asJsonArray, asJsonObject, asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import type {ChatChunkWriter} from './chat-chunk-writer.ts';
import {toChatToolCall} from './tool-calls.ts';

interface SentCall {
  readonly index: number;
  readonly id: string;
  readonly isCustom: boolean;
  /** Characters of its arguments that the client has. */
  sent: number;
}

type ReasoningKind = 'summary' | 'text';

/** Writes the chunks of a chat stream while the events of a Responses stream come, and at the end what those left out. */
export class StreamedCompletion {
  readonly #writer: ChatChunkWriter;
  /** By the output index of their items. */
  readonly #calls = new Map<number, SentCall>();
  readonly #reasoningKinds = new Map<number, ReasoningKind>();
  readonly #sent = {content: 0, refusal: 0, reasoning_content: 0, logprobs: 0};
  #lastReasoning = '';

  constructor(writer: ChatChunkWriter) {
    this.#writer = writer;
    writer.write({role: 'assistant', content: '', refusal: null});
  }

  /** Takes an event of the stream; those that say nothing to a chat client are passed over. */
  add(type: string, frame: JsonObject): void {
    const text = asString(frame['delta']) ?? '';
    switch (type) {
      case 'response.output_text.delta':
        this.#addText(text, frame);
        break;
      case 'response.refusal.delta':
        this.#addMember('refusal', text);
        break;
      case 'response.reasoning_summary_text.delta':
        this.#addReasoning('summary', text, frame);
        break;
      case 'response.reasoning_text.delta':
        this.#addReasoning('text', text, frame);
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#addToCall(outputIndex(frame), text);
        break;
      default:
        this.#begin(type, frame);
    }
  }

  /** Writes what the client has not got yet of the whole completion, and how each choice ended. */
  finish(completion: JsonObject): void {
    const [first, ...others] = asJsonArray(completion['choices']).filter(isJsonObject);
    if (first !== undefined) this.#finishFirst(first, completion);
    for (const choice of others) this.#writeWhole(choice);
    const usage = asJsonObject(completion['usage']);
    if (usage !== undefined) this.#writer.writeUsage(usage);
  }

  /** Takes what begins, which is empty as a rule but not everywhere. */
  #begin(type: string, frame: JsonObject): void {
    const {text, refusal, type: partType} = asJsonObject(frame['part']) ?? {};
    if (type === 'response.output_item.added') {
      this.#openCall(asJsonObject(frame['item']) ?? {}, outputIndex(frame));
    } else if (type === 'response.reasoning_summary_part.added') {
      this.#addReasoning('summary', asString(text) ?? '', frame);
    } else if (type === 'response.content_part.added') {
      if (partType === 'output_text') this.#addText(asString(text) ?? '', {});
      if (partType === 'refusal') this.#addMember('refusal', asString(refusal) ?? '');
    }
  }

  #openCall(item: JsonObject, at: number): void {
    const {type} = item;
    if ((type !== 'function_call' && type !== 'custom_tool_call') || this.#calls.has(at)) return;
    this.#beginCall(toChatToolCall(item), at);
  }

  #beginCall(call: JsonObject, at: number): void {
    const {text, isCustom} = textOfCall(call);
    const index = this.#calls.size;
    this.#calls.set(at, {index, id: asString(call['id']) ?? '', isCustom, sent: text.length});
    this.#writer.write({tool_calls: [{index, ...call}]});
  }

  #addToCall(at: number, text: string): void {
    const call = this.#calls.get(at);
    if (call === undefined || text === '') return;
    call.sent += text.length;
    const grown = call.isCustom ? {custom: {input: text}} : {function: {arguments: text}};
    this.#writer.write({tool_calls: [{index: call.index, ...grown}]});
  }

  #addText(text: string, holder: JsonObject): void {
    const content = asJsonArray(holder['logprobs']);
    this.#sent.content += text.length;
    this.#sent.logprobs += content.length;
    if (content.length > 0) this.#writer.write({content: text}, {logprobs: {content, refusal: null}});
    else if (text !== '') this.#writer.write({content: text});
  }

  #addMember(member: 'refusal' | 'reasoning_content', text: string): void {
    if (text === '') return;
    this.#sent[member] += text.length;
    this.#writer.write({[member]: text});
  }

  /** An item with a summary and a full text counts with the one that came first. */
  #addReasoning(kind: ReasoningKind, text: string, frame: JsonObject): void {
    const at = outputIndex(frame);
    if (text === '' || (this.#reasoningKinds.get(at) ?? kind) !== kind) return;
    this.#reasoningKinds.set(at, kind);
    const entry = `${at} ${asNumber(frame['summary_index'] ?? frame['content_index']) ?? 0}`;
    const isNext = this.#lastReasoning !== '' && this.#lastReasoning !== entry;
    this.#lastReasoning = entry;
    this.#addMember('reasoning_content', isNext ? `\n\n${text}` : text);
  }

  #finishFirst(choice: JsonObject, completion: JsonObject): void {
    const message = asJsonObject(choice['message']) ?? {};
    for (const member of ['reasoning_content', 'refusal'] as const) {
      this.#addMember(member, (asString(message[member]) ?? '').slice(this.#sent[member]));
    }
    const logprobs = asJsonArray(asJsonObject(choice['logprobs'])?.['content']).slice(this.#sent.logprobs);
    const content = asString(message['content']) ?? '';
    this.#addText(content.slice(this.#sent.content), {logprobs});
    this.#finishCalls(asJsonArray(message['tool_calls']).filter(isJsonObject));
    const {annotations, audio} = message;
    if (annotations !== undefined) this.#writer.write({annotations});
    if (audio !== undefined) this.#writer.write({audio});
    this.#writeEnd(choice, chunkDetails(completion));
  }

  #finishCalls(calls: readonly JsonObject[]): void {
    const open = new Map([...this.#calls].map(([at, call]) => [call.id, at]));
    for (const [order, call] of calls.entries()) {
      const {text} = textOfCall(call);
      const id = asString(call['id']) ?? '';
      const at = open.get(id);
      open.delete(id);
      if (at === undefined) this.#beginCall(call, -1 - order);
      else this.#addToCall(at, text.slice(this.#calls.get(at)?.sent));
    }
  }

  #writeWhole(choice: JsonObject): void {
    const index = asNumber(choice['index']) ?? 0;
    const {tool_calls: calls, ...message} = asJsonObject(choice['message']) ?? {};
    const numbered = asJsonArray(calls)
      .filter(isJsonObject)
      .map((call, at) => ({index: at, ...call}));
    const logprobs = asJsonObject(choice['logprobs']);
    this.#writer.write(numbered.length > 0 ? {...message, tool_calls: numbered} : message, {index, logprobs});
    this.#writeEnd(choice, {});
  }

  #writeEnd(choice: JsonObject, chunk: JsonObject): void {
    const {index, finish_reason: reason, content_filter_results: results} = choice;
    this.#writer.write(
      {},
      {
        index: asNumber(index),
        finishReason: asString(reason),
        choice: results === undefined ? {} : {content_filter_results: results},
        chunk,
      },
    );
  }
}

/** What only the end tells of the completion itself. */
function chunkDetails(completion: JsonObject): JsonObject {
  const {service_tier, system_fingerprint, prompt_filter_results} = completion;
  const filters = prompt_filter_results === undefined ? {} : {prompt_filter_results};
  return {...(service_tier == null ? {} : {service_tier}), system_fingerprint, ...filters};
}

function textOfCall(call: JsonObject): {readonly text: string; readonly isCustom: boolean} {
  const custom = asJsonObject(call['custom']);
  const grown = custom?.['input'] ?? asJsonObject(call['function'])?.['arguments'];
  return {text: asString(grown) ?? '', isCustom: custom !== undefined};
}

function outputIndex(frame: JsonObject): number {
  return asNumber(frame['output_index']) ?? 0;
}
