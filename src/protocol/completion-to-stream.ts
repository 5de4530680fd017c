import {asJsonArray, asJsonObject, isJsonObject, type JsonObject} from '../core/json.ts';
import type {MutableJson} from './mutable-json.ts';
import {doneFrame, renderEvent} from './render-event.ts';

/**
 * A whole chat completion as the text of the stream that it could have been: what each choice says in one frame, why it
 * ended in the next, the usage last. For servers that do not stream, and clients that want it.
 */
export function completionToStream(completion: JsonObject): string {
  const {choices: given, usage, object: _, ...head} = completion;
  const choices = asJsonArray(given).filter(isJsonObject);
  const frame = (members: JsonObject): string =>
    renderEvent(JSON.stringify({...head, object: 'chat.completion.chunk', ...members}));
  // The prompt's findings are told once.
  const {prompt_filter_results: findings, ...rest} = head;
  const later = (members: JsonObject): string =>
    renderEvent(JSON.stringify({...rest, object: 'chat.completion.chunk', ...members}));
  const said = choices.map((choice, at) => {
    const members = {choices: [saidBy(choice)], usage: null};
    return at === 0 && findings !== undefined ? frame(members) : later(members);
  });
  const ended = choices.map((choice) => later({choices: [endOf(choice)], usage: null}));
  const counted = usage == null ? '' : later({choices: [], usage});
  return said.join('') + ended.join('') + counted + doneFrame;
}

function saidBy({message, finish_reason: _, ...choice}: JsonObject): JsonObject {
  return {...choice, delta: deltaOf(asJsonObject(message) ?? {}), finish_reason: null};
}

function deltaOf(message: JsonObject): JsonObject {
  const delta: MutableJson = {role: 'assistant', ...message};
  const calls = message['tool_calls'];
  if (Array.isArray(calls)) {
    delta['tool_calls'] = asJsonArray(calls)
      .filter(isJsonObject)
      .map((call, index) => ({index, ...call}));
  }
  return delta;
}

function endOf({index, finish_reason: reason}: JsonObject): JsonObject {
  return {index, delta: {}, finish_reason: reason ?? 'stop', logprobs: null};
}
