import {asString, type JsonObject, type JsonValue} from '../core/json.ts';
import type {ChoiceWatcher, ToolCallSoFar} from './chat-choice-assembly.ts';
import {malformedReply} from './model-reply-errors.ts';
import type {ResponseEventWriter} from './response-event-writer.ts';
import {arrange, StreamedCall, StreamedParts} from './streamed-items.ts';
import {ThoughtSplitter} from './thought-splitter.ts';

/**
 * Writes the events of output items while a chat choice says them. Every item stays open until the answer is over, since
 * in chat's stream each may go on at any time; `finish` closes them with what they have come to.
 */
export class StreamedAnswer implements ChoiceWatcher {
  readonly #writer: ResponseEventWriter;
  readonly #createId: (prefix: string) => string;
  readonly #splitter = new ThoughtSplitter();
  readonly #calls = new Map<number, StreamedCall | undefined>();
  /** The items' keys in the order in which the client learnt of them. */
  readonly #keys: string[] = [];
  #reasoning: StreamedParts | undefined;
  #message: StreamedParts | undefined;
  #thoughts = 0;
  #hasSpokenReasoning = false;
  /** White space that nothing followed yet: a think block may, and comes before the message. */
  #blank = '';
  #logprobs: JsonValue[] = [];

  constructor(writer: ResponseEventWriter, createId: (prefix: string) => string) {
    this.#writer = writer;
    this.#createId = createId;
  }

  onReasoning(text: string): void {
    this.#hasSpokenReasoning = true;
    this.#openReasoning().append('spoken', 'summary_text', text);
  }

  onLogprobs(logprobs: readonly JsonValue[]): void {
    for (const logprob of logprobs) this.#logprobs.push(logprob);
  }

  onText(text: string): void {
    for (const piece of this.#splitter.push(text)) {
      if (piece.isThought) this.#think(piece.text);
      else this.#say(piece.text);
    }
  }

  onRefusal(text: string): void {
    this.#sayBlank();
    this.#openMessage().append('refusal', 'refusal', text);
  }

  onCall(call: ToolCallSoFar, text: string): void {
    const known = this.#calls.get(call.index);
    if (known !== undefined) {
      known.append(text);
      return;
    }
    this.#calls.set(call.index, undefined);
    // Without both the item cannot be announced; servers that never give an id get theirs at the end.
    if (call.id === '' || call.name === '') return;
    this.#sayBlank();
    this.#openCall(call.index, call).append(call.text);
  }

  /**
   * Closes the items as they came out of the whole reply's conversion, beginning those that were not to be seen before. Gives
   * them back under their ids, in the order in which the client learnt of them, which is the conversion's own (reasoning,
   * message, calls) unless the model spoke in another.
   */
  finish(output: readonly JsonObject[]): readonly JsonObject[] {
    const chatIndexes = [...this.#calls.keys()].sort((a, b) => a - b);
    let callCount = 0;
    const items = output.map((value) => {
      const type = asString(value['type']) ?? '';
      if (type === 'reasoning' || type === 'message') return {key: type, value, chatIndex: -1};
      const chatIndex = chatIndexes[callCount++] ?? singleCallIndex;
      return {key: callKey(chatIndex), value, chatIndex};
    });
    const known = new Set(items.map(({key}) => key));
    if (!this.#keys.every((key) => known.has(key)))
      throw malformedReply('an answer of which a part was taken back');
    return arrange(items, this.#keys).map(({key, value, chatIndex}) => {
      if (key === 'reasoning')
        return this.#openReasoning().finish(value, (_, index) => this.#thoughtKey(index));
      if (key === 'message') return this.#openMessage().finish(value, (part) => partKey(part));
      return (this.#calls.get(chatIndex) ?? this.#openCall(chatIndex, finishedCall(value))).finish(value);
    });
  }

  #think(text: string): void {
    this.#openReasoning().append(`thought ${this.#thoughts++}`, 'summary_text', text);
  }

  #say(text: string): void {
    if (this.#message === undefined && text.trim() === '') {
      this.#blank += text;
      return;
    }
    const whole = this.#blank + text;
    this.#blank = '';
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    this.#openMessage().append('output_text', 'output_text', whole, logprobs);
  }

  #sayBlank(): void {
    if (this.#blank === '') return;
    const text = this.#blank;
    this.#blank = '';
    this.#openMessage().append('output_text', 'output_text', text);
  }

  /** Reasoning of its own comes first in the summary, then the blocks. */
  #thoughtKey(index: number): string {
    if (!this.#hasSpokenReasoning) return `thought ${index}`;
    return index === 0 ? 'spoken' : `thought ${index - 1}`;
  }

  #openReasoning(): StreamedParts {
    this.#reasoning ??= new StreamedParts(this.#place('reasoning', 'rs'), 'reasoning');
    return this.#reasoning;
  }

  #openMessage(): StreamedParts {
    this.#message ??= new StreamedParts(this.#place('message', 'msg'), 'message');
    return this.#message;
  }

  #openCall(chatIndex: number, call: Pick<ToolCallSoFar, 'id' | 'name' | 'isCustom'>): StreamedCall {
    const place = this.#place(callKey(chatIndex), call.isCustom ? 'ctc' : 'fc');
    const streamed = new StreamedCall(place, call);
    this.#calls.set(chatIndex, streamed);
    return streamed;
  }

  #place(key: string, prefix: string): {writer: ResponseEventWriter; outputIndex: number; id: string} {
    this.#keys.push(key);
    return {writer: this.#writer, outputIndex: this.#keys.length - 1, id: this.#createId(prefix)};
  }
}

// A `function_call` of the old kind stands behind all others.
const singleCallIndex = Number.MAX_SAFE_INTEGER;

function callKey(chatIndex: number): string {
  return `call ${chatIndex}`;
}

function partKey(part: JsonObject): string {
  return asString(part['type']) ?? '';
}

function finishedCall(item: JsonObject): Pick<ToolCallSoFar, 'id' | 'name' | 'isCustom'> {
  const {call_id: id, name, type} = item;
  return {id: asString(id) ?? '', name: asString(name) ?? '', isCustom: type === 'custom_tool_call'};
}
