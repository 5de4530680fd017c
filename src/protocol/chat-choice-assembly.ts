import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import {mergeFilterResults, resultsOf} from './content-filters.ts';
import type {MutableJson} from './mutable-json.ts';

/** A tool call as far as it is known. */
export interface ToolCallSoFar {
  /** Where it stands among the calls of its message. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** Its arguments, or a custom tool's input. */
  readonly text: string;
  readonly isCustom: boolean;
}

/** Is told what a choice says as it is said. No text that it is given is empty but a call's. */
export interface ChoiceWatcher {
  onReasoning(text: string): void;
  onText(text: string): void;
  onRefusal(text: string): void;
  /** The log probabilities of the text of the same frame, which follows. */
  onLogprobs(logprobs: readonly JsonValue[]): void;
  /** `text` is what was added to the call, and may be nothing. */
  onCall(call: ToolCallSoFar, text: string): void;
}

/** Puts one choice of a chat stream together from its frames. */
export class ChatChoiceAssembly {
  readonly #index: number;
  readonly #watcher: ChoiceWatcher | undefined;
  readonly #calls = new ToolCallAssembly();
  readonly #logprobs: {content: JsonValue[]; refusal: JsonValue[]} = {content: [], refusal: []};
  readonly #annotations: JsonValue[] = [];
  #text = '';
  #refusal = '';
  #reasoning = '';
  #audio: JsonObject | undefined;
  #singleCall: JsonObject | undefined;
  #finishReason: string | undefined;
  #filterResults: JsonObject | undefined;
  #filterDetails: JsonObject = {};

  constructor(index: number, watcher?: ChoiceWatcher) {
    this.#index = index;
    this.#watcher = watcher;
  }

  get isFinished(): boolean {
    return this.#finishReason !== undefined;
  }

  /** Takes the choice's part of a frame; any member may be missing, in frames of the asynchronous filter even the delta. */
  add(choice: JsonObject): void {
    const logprobs = asJsonObject(choice['logprobs']);
    if (logprobs !== undefined) {
      append(this.#logprobs.content, logprobs['content']);
      append(this.#logprobs.refusal, logprobs['refusal']);
      this.#watcher?.onLogprobs(asJsonArray(logprobs['content']));
    }
    const delta = asJsonObject(choice['delta']);
    if (delta !== undefined) this.#addDelta(delta);
    const reason = asString(choice['finish_reason']);
    // The asynchronous filter may block an answer that has already stopped; nothing lifts a block.
    if (reason !== undefined && this.#finishReason !== 'content_filter') this.#finishReason = reason;
    this.addFilterResults(choice);
  }

  /** Takes the content filter's findings from a frame or a choice, keeping the gravest of each category. */
  addFilterResults(holder: JsonObject): void {
    const results = resultsOf(holder);
    if (results !== undefined) {
      this.#filterResults =
        this.#filterResults === undefined ? results : mergeFilterResults(this.#filterResults, results);
    }
    const {content_filter_offsets: offsets, content_filter_raw: raw} = holder;
    if (offsets != null) this.#filterDetails = {...this.#filterDetails, content_filter_offsets: offsets};
    if (raw != null) this.#filterDetails = {...this.#filterDetails, content_filter_raw: raw};
  }

  /** The choice as a call without streaming gives it. */
  finish(): JsonObject {
    const {content, refusal} = this.#logprobs;
    const hasLogprobs = content.length > 0 || refusal.length > 0;
    const choice: MutableJson = {
      index: this.#index,
      message: this.#message(),
      finish_reason: this.#finishReason ?? null,
      logprobs: hasLogprobs ? {content, refusal: refusal.length > 0 ? refusal : null} : null,
    };
    if (this.#filterResults !== undefined) choice['content_filter_results'] = this.#filterResults;
    return {...choice, ...this.#filterDetails};
  }

  #addDelta(delta: JsonObject): void {
    this.#addTexts(delta);
    append(this.#annotations, delta['annotations']);
    for (const fragment of asJsonArray(delta['tool_calls'])) {
      if (!isJsonObject(fragment)) continue;
      const {call, text} = this.#calls.add(fragment);
      this.#watcher?.onCall(call, text);
    }
    const {audio, function_call: call} = delta;
    if (isJsonObject(audio)) this.#audio = joinTexts(this.#audio, audio, ['data', 'transcript']);
    if (isJsonObject(call)) this.#singleCall = joinTexts(this.#singleCall, call, ['arguments']);
  }

  #addTexts(delta: JsonObject): void {
    const reasoning = asString(delta['reasoning_content']) ?? asString(delta['reasoning']) ?? '';
    const text = asString(delta['content']) ?? '';
    const refusal = asString(delta['refusal']) ?? '';
    this.#reasoning += reasoning;
    this.#text += text;
    this.#refusal += refusal;
    if (reasoning !== '') this.#watcher?.onReasoning(reasoning);
    if (text !== '') this.#watcher?.onText(text);
    if (refusal !== '') this.#watcher?.onRefusal(refusal);
  }

  #message(): JsonObject {
    const calls = this.#calls.finish();
    const isSilent =
      calls.length > 0 || this.#refusal !== '' || this.#audio !== undefined || this.#singleCall !== undefined;
    const message: MutableJson = {
      role: 'assistant',
      content: this.#text === '' && isSilent ? null : this.#text,
      refusal: this.#refusal === '' ? null : this.#refusal,
    };
    if (this.#reasoning !== '') message['reasoning_content'] = this.#reasoning;
    if (this.#annotations.length > 0) message['annotations'] = this.#annotations;
    if (calls.length > 0) message['tool_calls'] = calls;
    if (this.#singleCall !== undefined) message['function_call'] = this.#singleCall;
    if (this.#audio !== undefined) message['audio'] = this.#audio;
    return message;
  }
}

interface ToolCall {
  readonly index: number;
  id: string;
  name: string;
  text: string;
  isCustom: boolean;
}

/** Fragments of several calls, which may interleave. */
class ToolCallAssembly {
  readonly #calls = new Map<number, ToolCall>();
  #lastIndex = -1;

  /** The call that the fragment belongs to, and what it adds to its text. */
  add(fragment: JsonObject): {readonly call: ToolCallSoFar; readonly text: string} {
    const id = asString(fragment['id']) ?? '';
    const call = this.#callOf(asNumber(fragment['index']), id);
    const custom = asJsonObject(fragment['custom']);
    const {name, arguments: args, input} = custom ?? asJsonObject(fragment['function']) ?? {};
    call.isCustom ||= custom !== undefined;
    if (call.id === '') call.id = id;
    const namePart = asString(name) ?? '';
    // Some servers repeat the whole name in every fragment.
    if (namePart !== call.name) call.name += namePart;
    const text = asString(args) ?? asString(input) ?? '';
    call.text += text;
    return {call, text};
  }

  finish(): readonly JsonObject[] {
    const inOrder = [...this.#calls].sort(([a], [b]) => a - b);
    return inOrder.map(([, {id, name, text, isCustom}]) =>
      isCustom
        ? {id, type: 'custom', custom: {name, input: text}}
        : {id, type: 'function', function: {name, arguments: text}},
    );
  }

  /** A fragment without an index belongs to the last call, unless it brings another id. */
  #callOf(index: number | undefined, id: string): ToolCall {
    const last = this.#calls.get(this.#lastIndex);
    const beginsAnother = last === undefined || (id !== '' && last.id !== '' && id !== last.id);
    this.#lastIndex = index ?? (beginsAnother ? this.#lastIndex + 1 : this.#lastIndex);
    const known = this.#calls.get(this.#lastIndex);
    if (known !== undefined) return known;
    const call: ToolCall = {index: this.#lastIndex, id: '', name: '', text: '', isCustom: false};
    this.#calls.set(this.#lastIndex, call);
    return call;
  }
}

function append(target: JsonValue[], values: JsonValue | undefined): void {
  for (const value of asJsonArray(values)) target.push(value);
}

/** The later object over the earlier one, with the named members joined instead of replaced. */
function joinTexts(before: JsonObject | undefined, after: JsonObject, joined: readonly string[]): JsonObject {
  const result: MutableJson = {...before, ...after};
  for (const key of joined) {
    const text = (asString(before?.[key]) ?? '') + (asString(after[key]) ?? '');
    if (text !== '') result[key] = text;
  }
  return result;
}
