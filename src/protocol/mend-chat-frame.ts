import {asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {filterFailureOf} from './chat-frame-error.ts';
import {without} from './mutable-json.ts';

/**
 * A frame as clients can read it, or the same object when nothing is wrong with it: `choices` is a list, each choice has
 * an index and a delta, one that ends without ever having had a role gets it, the filter's own failure is a finding and
 * not an error, and empty names (Azure's filter frames) are those of `head`, as far as it is known.
 * `roles` holds the choices that have had theirs.
 */
export function mendChatFrame(
  frame: JsonObject,
  head: JsonObject | undefined,
  roles: Set<number>,
): JsonObject {
  const failure = filterFailureOf(frame);
  const choices = mendChoices(frame['choices'], roles);
  const isNameless = isEmpty(frame['id']) || isEmpty(frame['model']);
  const nameless = head !== undefined && isNameless ? headKeys.filter((key) => isEmpty(frame[key])) : [];
  if (failure === undefined && choices === frame['choices'] && nameless.length === 0) return frame;
  const names = Object.fromEntries(nameless.map((key) => [key, head?.[key]]));
  if (failure === undefined) return {...frame, choices, ...names};
  const found = choices.length === 0 ? [{index: 0, delta: {}, finish_reason: null, ...failure}] : choices;
  return {...without(frame, 'error'), choices: found, ...names};
}

const headKeys = ['id', 'object', 'created', 'model'] as const;

function isEmpty(value: JsonValue | undefined): boolean {
  return value === '' || value === 0 || value == null;
}

/** The list itself when all are in order. */
function mendChoices(choices: JsonValue | undefined, roles: Set<number>): readonly JsonValue[] {
  if (!Array.isArray(choices)) return [];
  const list = choices as readonly JsonValue[];
  const mended = list.filter(isJsonObject).map((choice) => mendChoice(choice, roles));
  const isSame = mended.length === list.length && mended.every((choice, at) => choice === list[at]);
  return isSame ? list : mended;
}

function mendChoice(choice: JsonObject, roles: Set<number>): JsonObject {
  const {index: given} = choice;
  const index = typeof given === 'number' ? given : 0;
  const delta = asJsonObject(choice['delta']);
  const isRoleMissing = !knowsRole(delta, index, roles) && typeof choice['finish_reason'] === 'string';
  if (delta !== undefined && !isRoleMissing && index === given) return choice;
  if (!isRoleMissing) return {...choice, index, delta: delta ?? {}};
  roles.add(index);
  return {...choice, index, delta: {role: 'assistant', ...delta}};
}

function knowsRole(delta: JsonObject | undefined, index: number, roles: Set<number>): boolean {
  if (roles.has(index)) return true;
  if (typeof delta?.['role'] !== 'string') return false;
  if (roles.size < mostChoices) roles.add(index);
  return true;
}

// Of a peer that invents choices without end, no more are remembered; the service allows 128.
const mostChoices = 1024;
