import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import type {MutableJson} from './mutable-json.ts';

/** Puts output items together from the events about them, for streams whose last event leaves the output out. */
export class OutputAssembly {
  readonly #items = new Map<number, ItemAssembly>();

  /** Takes an event of the stream; those that are not about an item are passed over. */
  add(type: string, frame: JsonObject): void {
    const index = asNumber(frame['output_index']);
    if (index === undefined) return;
    let item = this.#items.get(index);
    if (item === undefined) {
      item = new ItemAssembly();
      this.#items.set(index, item);
    }
    item.add(type, frame);
  }

  /** The items in their order; one that no event finished gets the status of its response. */
  finish(status: JsonValue | undefined): readonly JsonObject[] {
    const inOrder = [...this.#items].sort(([a], [b]) => a - b);
    return inOrder.map(([, item]) => item.finish(status)).filter((item) => item !== undefined);
  }
}

class ItemAssembly {
  readonly #content = new Map<number, MutableJson>();
  readonly #summary = new Map<number, MutableJson>();
  readonly #logprobs = new Map<number, JsonValue[]>();
  #item: JsonObject | undefined;
  #isWhole = false;
  #callText = '';

  add(type: string, frame: JsonObject): void {
    const text = asString(frame['delta']) ?? '';
    switch (type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        this.#item = asJsonObject(frame['item']);
        this.#isWhole = type === 'response.output_item.done';
        break;
      case 'response.content_part.added':
      case 'response.content_part.done':
        this.#content.set(partIndex(frame, 'content_index'), {...asJsonObject(frame['part'])});
        break;
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done':
        this.#summary.set(partIndex(frame, 'summary_index'), {...asJsonObject(frame['part'])});
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#callText += text;
        break;
      default:
        this.#addText(type, text, frame);
    }
  }

  finish(status: JsonValue | undefined): JsonObject | undefined {
    const item = this.#item;
    if (item === undefined || this.#isWhole) return item;
    const whole: MutableJson = {...item};
    if (item['status'] !== undefined) whole['status'] = status;
    for (const [index, logprobs] of this.#logprobs)
      this.#content.set(index, {...this.#content.get(index), logprobs});
    if (this.#content.size > 0) whole['content'] = inOrder(this.#content);
    if (this.#summary.size > 0) whole['summary'] = inOrder(this.#summary);
    const grown = callTexts.get(item['type']);
    if (grown !== undefined && this.#callText !== '') whole[grown] = this.#callText;
    return whole;
  }

  #logprobsOf(index: number): JsonValue[] {
    const known = this.#logprobs.get(index);
    if (known !== undefined) return known;
    const logprobs: JsonValue[] = [];
    this.#logprobs.set(index, logprobs);
    return logprobs;
  }

  #addText(type: string, text: string, frame: JsonObject): void {
    const known = textParts.get(type);
    if (known === undefined) return;
    const isSummary = type === 'response.reasoning_summary_text.delta';
    const parts = isSummary ? this.#summary : this.#content;
    const index = partIndex(frame, isSummary ? 'summary_index' : 'content_index');
    const part = parts.get(index) ?? {type: known.part};
    part[known.member] = (asString(part[known.member]) ?? '') + text;
    parts.set(index, part);
    for (const logprob of asJsonArray(frame['logprobs'])) this.#logprobsOf(index).push(logprob);
  }
}

/** The member of a call that grows. */
const callTexts: ReadonlyMap<JsonValue | undefined, string> = new Map([
  ['function_call', 'arguments'],
  ['custom_tool_call', 'input'],
]);

/** Which part a delta belongs to, and the member of it that grows. */
const textParts: ReadonlyMap<string, {readonly part: string; readonly member: string}> = new Map([
  ['response.output_text.delta', {part: 'output_text', member: 'text'}],
  ['response.refusal.delta', {part: 'refusal', member: 'refusal'}],
  ['response.reasoning_text.delta', {part: 'reasoning_text', member: 'text'}],
  ['response.reasoning_summary_text.delta', {part: 'summary_text', member: 'text'}],
]);

function partIndex(frame: JsonObject, key: string): number {
  return asNumber(frame[key]) ?? 0;
}

function inOrder(parts: ReadonlyMap<number, JsonValue>): readonly JsonValue[] {
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
}
