import {asJsonArray, asJsonObject, isJsonObject, type JsonObject} from '../core/json.ts';
import {type MutableJson, without} from './mutable-json.ts';
import {doneFrame, renderEvent} from './render-event.ts';

/**
 * A whole chat completion as the text of the stream that it could have been: what each choice says in one frame, why it
 * ended in the next, the usage last. For servers that do not stream, and clients that want it.
 */
export function completionToStream(completion: JsonObject): string {
  const choices = asJsonArray(completion['choices']).filter(isJsonObject);
  const {usage} = completion;
  const head = {...without(completion, 'choices', 'usage'), object: 'chat.completion.chunk'};
  // The prompt's findings are told once.
  const laterHead = without(head, 'prompt_filter_results');
  const said = choices.map((choice, at) =>
    frame(at === 0 ? head : laterHead, {choices: [saidBy(choice)], usage: null}),
  );
  const ended = choices.map((choice) => frame(laterHead, {choices: [endOf(choice)], usage: null}));
  const counted = usage == null ? '' : frame(laterHead, {choices: [], usage});
  return said.join('') + ended.join('') + counted + doneFrame;
}

function frame(head: JsonObject, members: JsonObject): string {
  return renderEvent(JSON.stringify({...head, ...members}));
}

function saidBy(choice: JsonObject): JsonObject {
  const delta = deltaOf(asJsonObject(choice['message']) ?? {});
  return {...without(choice, 'message'), delta, finish_reason: null};
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
