import {asJsonArray, asString, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {malformedReply} from './model-reply-errors.ts';
import type {ResponseEventWriter} from './response-event-writer.ts';

/** Where an output item stands in its stream. */
export interface ItemPlace {
  readonly writer: ResponseEventWriter;
  readonly outputIndex: number;
  readonly id: string;
}

/** A message or a reasoning item that is streamed part by part; its parts may grow side by side. */
export class StreamedParts {
  readonly #place: ItemPlace;
  readonly #list: 'content' | 'summary';
  /** In the order in which the client learnt of them, with the characters of each that it has. */
  readonly #parts = new Map<string, SentPart>();

  constructor(place: ItemPlace, type: 'message' | 'reasoning') {
    this.#place = place;
    this.#list = type === 'message' ? 'content' : 'summary';
    writeItem(place, 'added', type === 'message' ? emptyMessage(place.id) : emptyReasoning(place.id));
  }

  /** Adds to the part of that key, which is begun with `type` if there is none yet. `logprobs` are those of the text. */
  append(key: string, type: string, text: string, logprobs: readonly JsonValue[] = []): void {
    const kind = partKinds.get(type);
    const part = this.#begun(key, kind?.empty ?? {type});
    if (kind === undefined || text === '') return;
    part.sent += text.length;
    const extra = kind.hasLogprobs ? {logprobs} : {};
    this.#write(kind.delta, part.index, {delta: text, ...extra});
  }

  /** Sends what is missing of the item as it came out and closes it. `keyOf` tells its parts apart. */
  finish(item: JsonObject, keyOf: (part: JsonObject, index: number) => string): JsonObject {
    const parts = asJsonArray(item[this.#list])
      .filter(isJsonObject)
      .map((part, index) => ({key: keyOf(part, index), value: part}));
    const inOrder = arrange(parts, [...this.#parts.keys()]);
    for (const {key, value} of inOrder) this.#finishPart(key, value);
    const done = {...item, id: this.#place.id, [this.#list]: inOrder.map(({value}) => value)};
    writeItem(this.#place, 'done', done);
    return done;
  }

  #begun(key: string, empty: JsonObject): SentPart {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const part = {index: this.#parts.size, sent: 0};
    this.#parts.set(key, part);
    this.#write(`${partEvents[this.#list]}.added`, part.index, {part: empty});
    return part;
  }

  #finishPart(key: string, part: JsonObject): void {
    const type = asString(part['type']) ?? '';
    const kind = partKinds.get(type);
    const {index, sent} = this.#begun(key, kind?.empty ?? part);
    if (kind !== undefined) {
      const text = asString(part[kind.member]) ?? '';
      this.append(key, type, text.slice(sent));
      for (const [at, annotation] of asJsonArray(part['annotations']).entries()) {
        this.#write('response.output_text.annotation.added', index, {annotation_index: at, annotation});
      }
      const extra = kind.hasLogprobs ? {logprobs: part['logprobs']} : {};
      this.#write(kind.done, index, {[kind.member]: text, ...extra});
    }
    this.#write(`${partEvents[this.#list]}.done`, index, {part});
  }

  #write(type: string, index: number, members: JsonObject): void {
    const {writer, id, outputIndex} = this.#place;
    const at = this.#list === 'content' ? {content_index: index} : {summary_index: index};
    writer.write(type, {item_id: id, output_index: outputIndex, ...at, ...members});
  }
}

interface SentPart {
  readonly index: number;
  /** Characters of it that the client has. */
  sent: number;
}

const partEvents = {
  content: 'response.content_part',
  summary: 'response.reasoning_summary_part',
} as const;

/** A call that is streamed. */
export class StreamedCall {
  readonly #place: ItemPlace;
  readonly #callId: string;
  readonly #kind: CallKind;
  #sent = 0;

  constructor(
    place: ItemPlace,
    call: {readonly id: string; readonly name: string; readonly isCustom: boolean},
  ) {
    this.#place = place;
    this.#callId = call.id;
    this.#kind = callKinds[call.isCustom ? 'custom_tool_call' : 'function_call'];
    const {type, member} = this.#kind;
    const {id: call_id, name} = call;
    writeItem(place, 'added', {id: place.id, type, call_id, name, [member]: '', status: 'in_progress'});
  }

  append(text: string): void {
    if (text === '') return;
    this.#sent += text.length;
    this.#write('delta', {delta: text});
  }

  /** Sends what is missing of the item as it came out and closes it. Fails with `ERR_MODEL_MALFORMED` if it turned into another kind. */
  finish(item: JsonObject): JsonObject {
    const {type, member} = this.#kind;
    if (item['type'] !== type) throw malformedReply('a tool call that changes its kind');
    const text = asString(item[member]) ?? '';
    this.append(text.slice(this.#sent));
    const name = type === 'function_call' ? {name: item['name']} : {};
    this.#write('done', {...name, [member]: text});
    const done = {...item, id: this.#place.id, call_id: this.#callId};
    writeItem(this.#place, 'done', done);
    return done;
  }

  #write(what: 'delta' | 'done', members: JsonObject): void {
    const {writer, id, outputIndex} = this.#place;
    writer.write(`${this.#kind.event}.${what}`, {item_id: id, output_index: outputIndex, ...members});
  }
}

/** The values with the keys that are given, in that order, and then the others in theirs. */
export function arrange<T extends {readonly key: string}>(
  values: readonly T[],
  keys: readonly string[],
): readonly T[] {
  const placeOf = new Map(keys.map((key, index) => [key, index]));
  return values.toSorted((a, b) => (placeOf.get(a.key) ?? keys.length) - (placeOf.get(b.key) ?? keys.length));
}

interface CallKind {
  readonly type: string;
  /** The member that grows. */
  readonly member: string;
  readonly event: string;
}

const callKinds: Readonly<Record<'function_call' | 'custom_tool_call', CallKind>> = {
  function_call: {
    type: 'function_call',
    member: 'arguments',
    event: 'response.function_call_arguments',
  },
  custom_tool_call: {
    type: 'custom_tool_call',
    member: 'input',
    event: 'response.custom_tool_call_input',
  },
};

interface PartKind {
  readonly delta: string;
  readonly done: string;
  /** The member that grows. */
  readonly member: string;
  readonly hasLogprobs: boolean;
  readonly empty: JsonObject;
}

/** The parts that grow; others come whole. */
const partKinds: ReadonlyMap<string, PartKind> = new Map([
  [
    'output_text',
    {
      delta: 'response.output_text.delta',
      done: 'response.output_text.done',
      member: 'text',
      hasLogprobs: true,
      empty: {type: 'output_text', text: '', annotations: [], logprobs: []},
    },
  ],
  [
    'refusal',
    {
      delta: 'response.refusal.delta',
      done: 'response.refusal.done',
      member: 'refusal',
      hasLogprobs: false,
      empty: {type: 'refusal', refusal: ''},
    },
  ],
  [
    'summary_text',
    {
      delta: 'response.reasoning_summary_text.delta',
      done: 'response.reasoning_summary_text.done',
      member: 'text',
      hasLogprobs: false,
      empty: {type: 'summary_text', text: ''},
    },
  ],
]);

function emptyMessage(id: string): JsonObject {
  return {id, type: 'message', status: 'in_progress', role: 'assistant', content: []};
}

function emptyReasoning(id: string): JsonObject {
  return {id, type: 'reasoning', summary: []};
}

function writeItem({writer, outputIndex}: ItemPlace, what: 'added' | 'done', item: JsonObject): void {
  writer.write(`response.output_item.${what}`, {output_index: outputIndex, item});
}
