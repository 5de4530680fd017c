import {expect} from 'vitest';
import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
} from '../../src/core/json.ts';
import {type MutableJson, without} from '../../src/protocol/mutable-json.ts';
import {eventsIn} from './byte-source.ts';

/** A Responses stream as a client that keeps to the letter of the protocol lives it. */
export interface Replay {
  readonly types: readonly string[];
  /** The object of the last event. */
  readonly response: JsonObject;
}

interface Item {
  readonly item: MutableJson;
  readonly parts: MutableJson[];
  isDone: boolean;
}

const members: Readonly<Record<string, string>> = {
  'response.output_text': 'text',
  'response.refusal': 'refusal',
  'response.reasoning_summary_text': 'text',
  'response.function_call_arguments': 'arguments',
  'response.custom_tool_call_input': 'input',
};

/**
 * Follows the events of a stream and fails where they do not fit each other: numbers, names, indexes and ids, deltas and
 * what they come to, everything begun also done, and the last event's output made of what went before.
 */
export function replay(text: string): Replay {
  const events = eventsIn(text).map(({name, frame}, at) => {
    const event = frame ?? {};
    expect(event['sequence_number']).toBe(at);
    expect(name).toBe(event['type']);
    return event;
  });
  const types = events.map(({type}) => asString(type) ?? '');
  expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
  const items: Item[] = [];
  for (const event of events.slice(2, -1)) follow(event, items);
  const response = asJsonObject(events.at(-1)?.['response']) ?? {};
  expect(types.at(-1)).toBe(`response.${asString(response['status']) ?? ''}`);
  if (response['status'] !== 'failed') {
    expect(items.every(({isDone}) => isDone)).toBe(true);
    expect(response['output']).toEqual(items.map(({item}) => item));
  }
  return {types, response};
}

function follow(event: JsonObject, items: Item[]): void {
  const type = asString(event['type']) ?? '';
  const at = asNumber(event['output_index']) ?? -1;
  if (type === 'response.output_item.added') {
    expect(at).toBe(items.length);
    items.push({item: {...asJsonObject(event['item'])}, parts: [], isDone: false});
    return;
  }
  const open = items[at];
  if (open === undefined || open.isDone) throw new Error(`${type} is about no open item`);
  if (type === 'response.output_item.done') finish(event, open);
  else followPart(event, type, open);
}

function finish(event: JsonObject, open: Item): void {
  const done = asJsonObject(event['item']) ?? {};
  const grown = ['content', 'summary', 'status'];
  expect(without(done, ...grown)).toEqual(without(open.item, ...grown));
  expect(asJsonArray(done['content'] ?? done['summary'])).toEqual(open.parts);
  Object.assign(open.item, done);
  open.isDone = true;
}

function followPart(event: JsonObject, type: string, open: Item): void {
  expect(event['item_id']).toBe(open.item['id']);
  const index = asNumber(event['content_index'] ?? event['summary_index']);
  if (type.endsWith('_part.added')) {
    expect(index).toBe(open.parts.length);
    open.parts.push({...asJsonObject(event['part'])});
    return;
  }
  const part = index === undefined ? open.item : open.parts[index];
  if (part === undefined) throw new Error(`${type} is about no part`);
  grow(part, event, type);
}

function grow(part: MutableJson, event: JsonObject, type: string): void {
  const name = type.replace(/\.\w+$/, '');
  const member = members[name] ?? '';
  if (type.endsWith('.delta')) {
    expect(event['delta']).not.toBe('');
    part[member] = `${asString(part[member]) ?? ''}${asString(event['delta']) ?? ''}`;
  } else if (type.endsWith('_part.done')) {
    expect(event['part']).toEqual({...part, logprobs: asJsonObject(event['part'])?.['logprobs']});
    Object.assign(part, event['part']);
  } else if (type.endsWith('.annotation.added')) {
    part['annotations'] = [...asJsonArray(part['annotations']), event['annotation'] ?? null];
  } else {
    expect(type).toBe(`${name}.done`);
    expect(event[member]).toBe(part[member]);
  }
}

/** A response without the ids of its items, and without those of calls that the model gave none. */
export function withoutIds(response: JsonObject): JsonObject {
  const output = asJsonArray(response['output']).map((item) => {
    const rest = without(asJsonObject(item) ?? {}, 'id');
    const isOurs = asString(rest['call_id'])?.startsWith('call_made') === true;
    return isOurs ? {...rest, call_id: 'made'} : rest;
  });
  const {alternatives, ...members} = response;
  if (alternatives === undefined) return {...members, output};
  return {...members, output, alternatives: asJsonArray(alternatives).filter(isJsonObject).map(withoutIds)};
}
