import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {asJsonArray, asJsonObject, asString, type JsonObject, type JsonValue} from '../../src/core/json.ts';
import {chatMessagesToItems} from '../../src/protocol/chat-messages-to-items.ts';
import {toResponsesRequest} from '../../src/protocol/chat-request-to-responses.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {toResponse} from '../../src/protocol/chat-to-responses.ts';
import {without} from '../../src/protocol/mutable-json.ts';
import {toChatRequest} from '../../src/protocol/responses-to-chat.ts';
import {toChatCompletion} from '../../src/protocol/responses-to-chat-completion.ts';
import {accumulate, chatWire} from './event-stream.ts';

const options = {request: {}, id: 'resp_1', createId: (prefix: string) => `${prefix}_1`, createdAt: 1};
const words = fc
  .string({unit: 'binary', minLength: 1, maxLength: 20})
  .filter((text) => !text.includes('<think>'));
const count = fc.nat(100_000);

const parts = fc.array(
  fc.oneof(
    fc.record({type: fc.constant('text'), text: words}),
    words.map((url) => ({type: 'image_url', image_url: {url, detail: 'low'}})),
    words.map((data) => ({type: 'input_audio', input_audio: {data, format: 'wav'}})),
    words.map((data) => ({type: 'file', file: {filename: 'a', file_data: data}})),
  ),
  {minLength: 1, maxLength: 3},
);
const toolCall = fc
  .tuple(fc.uuid(), words, words, fc.boolean())
  .map(
    ([id, name, text, custom]): JsonObject =>
      custom
        ? {id, type: 'custom', custom: {name, input: text}}
        : {id, type: 'function', function: {name, arguments: text}},
  );
const asking = fc.record({
  role: fc.constantFrom('user', 'system', 'developer'),
  content: fc.oneof(words, parts),
});
const answering = words.map((content): JsonObject => ({role: 'assistant', content}));
// An assistant's calls are followed by their outputs, as the API demands.
const calling = fc
  .tuple(fc.option(words), fc.array(toolCall, {minLength: 1, maxLength: 3}), words)
  .map(([content, calls, output]): readonly JsonObject[] => [
    {role: 'assistant', content, tool_calls: calls},
    ...calls.map(({id}) => ({role: 'tool', tool_call_id: id ?? '', content: output})),
  ]);
const conversation = fc
  .array(
    fc.oneof(
      asking.map((message) => [message]),
      answering.map((message) => [message]),
      calling,
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((turns): readonly JsonObject[] => turns.flat())
  .filter((messages) => !messages.some((message, at) => isOneTurn(messages[at - 1], message)));

describe('chat to Responses and back', () => {
  it('keeps every message', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        expect(toChatRequest({input: chatMessagesToItems(messages)})['messages']).toEqual(messages);
      }),
    );
  });

  it('keeps the request', () => {
    const body = fc.record(
      {
        temperature: fc.double({min: 0, max: 2, noNaN: true}),
        max_completion_tokens: count,
        reasoning_effort: fc.constantFrom('low', 'high'),
        verbosity: fc.constantFrom('low', 'high'),
        parallel_tool_calls: fc.boolean(),
        store: fc.boolean(),
        user: words,
      },
      {requiredKeys: ['store']},
    );
    const tools = [{type: 'function', function: {name: 'f', parameters: {}, strict: false}}];
    const format = {type: 'json_schema', json_schema: {name: 'n', schema: {}, strict: true}};
    fc.assert(
      fc.property(conversation, body, (messages, settings) => {
        const request = {messages, tools, tool_choice: 'auto', response_format: format, ...settings};
        expect(toChatRequest(toResponsesRequest(request))).toEqual(request);
      }),
    );
  });
});

const message = words.map((text) => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{type: 'output_text', text, annotations: [], logprobs: []}],
}));
const call = fc.tuple(fc.uuid(), words, words).map(([id, name, args]) => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: args,
  status: 'completed',
}));
const usage = fc
  .tuple(count, count, count, count, count)
  .map(([input, cached, output, reasoning, total]) => ({
    input_tokens: input,
    input_tokens_details: {cached_tokens: cached},
    output_tokens: output,
    output_tokens_details: {reasoning_tokens: reasoning},
    total_tokens: total,
  }));
const response = fc.record({
  id: fc.constant('resp_1'),
  status: fc.constant('completed'),
  model: words,
  output: fc.tuple(message, fc.array(call, {maxLength: 3})).map(([first, calls]) => [first, ...calls]),
  usage: fc.oneof(usage, fc.constant(null)),
});

describe('Responses to chat and back', () => {
  it('keeps text, calls, usage and model', () => {
    fc.assert(
      fc.property(response, (original) => {
        const again = toResponse(toChatCompletion(original), options);
        const output = asJsonArray(again['output']).map((item) => without(asJsonObject(item) ?? {}, 'id'));
        expect({...again, output}).toMatchObject(original);
        expect(output).toHaveLength(original.output.length);
      }),
    );
  });
});

describe('a stream of a completion', () => {
  it('gives the completion again, however its text and its bytes are cut', () => {
    fc.assert(
      fc.property(response, fc.nat(), fc.integer({min: 1, max: 5}), (original, cut, step) => {
        const completion = toChatCompletion(original);
        const wire = chatWire(streamed(completion, step));
        const at = cut % wire.length;
        const again = accumulate(new ChatStreamAccumulator(), wire.subarray(0, at), wire.subarray(at));
        expect({...completion, ...again, service_tier: null}).toEqual(completion);
      }),
    );
  });
});

/** An answer and a call without text make one turn as items: nothing tells it from a message that has both. */
function isOneTurn(before: JsonObject | undefined, message: JsonObject): boolean {
  const isSilentCall = message['tool_calls'] !== undefined && message['content'] === null;
  return isSilentCall && before?.['role'] === 'assistant';
}

/** The frames of a completion: text and arguments in pieces of `step` characters, the calls side by side. */
function streamed(completion: JsonObject, step: number): readonly JsonObject[] {
  const choice = asJsonObject(asJsonArray(completion['choices'])[0]);
  const said = asJsonObject(choice?.['message']);
  const contents = pieces(said?.['content'], step).map((content) => ({content}));
  const deltas: readonly JsonObject[] = [...contents, ...callDeltas(asJsonArray(said?.['tool_calls']), step)];
  const {id, model, created, usage} = completion;
  const head = {id, model, created};
  return [
    ...deltas.map((delta) => ({...head, choices: [{index: 0, delta, finish_reason: null}]})),
    {...head, choices: [{index: 0, delta: {}, finish_reason: choice?.['finish_reason'] ?? null}]},
    {...head, choices: [], usage},
  ];
}

function callDeltas(calls: readonly JsonValue[], step: number): readonly JsonObject[] {
  const functions = calls.map((call) => asJsonObject(asJsonObject(call)?.['function']));
  const begun = calls.map((call, index) => ({
    tool_calls: [
      {index, id: asJsonObject(call)?.['id'], function: {name: functions[index]?.['name'], arguments: ''}},
    ],
  }));
  const rounds = functions.flatMap((called, index) =>
    pieces(called?.['arguments'], step).map((text, round) => ({round, index, text})),
  );
  const fragments = rounds
    .sort((a, b) => a.round - b.round)
    .map(({index, text}) => ({tool_calls: [{index, function: {arguments: text}}]}));
  return [...begun, ...fragments];
}

function pieces(text: JsonValue | undefined, step: number): readonly string[] {
  const characters = Array.from(asString(text) ?? '');
  const count = Math.ceil(characters.length / step);
  return Array.from({length: count}, (_, index) =>
    characters.slice(index * step, (index + 1) * step).join(''),
  );
}
