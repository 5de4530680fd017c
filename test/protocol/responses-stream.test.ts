import {describe, expect, it} from 'vitest';
import {asString, type JsonObject} from '../../src/core/json.ts';
import {ResponsesStreamAccumulator} from '../../src/protocol/responses-stream.ts';
import {StreamError} from '../../src/protocol/stream-error.ts';
import {accumulate, frames, responsesWire, thrownBy} from './event-stream.ts';

const call = frames('responses-function-call.chunks.txt');

function run(sent: readonly JsonObject[]): JsonObject {
  return accumulate(new ResponsesStreamAccumulator(), responsesWire(sent));
}

function isAbout(frame: JsonObject, ...types: readonly string[]): boolean {
  return types.some((type) => asString(frame['type'])?.includes(type));
}

/** The stream, with a last event that repeats no output. */
function withoutFinalOutput(sent: readonly JsonObject[]): readonly JsonObject[] {
  return sent.map((frame) =>
    frame['type'] === 'response.completed'
      ? {...frame, response: {...(frame['response'] as JsonObject), output: []}}
      : frame,
  );
}

describe('ResponsesStreamAccumulator', () => {
  it('gives the response of the last event as it came', () => {
    expect(run(call)).toEqual(call.at(-1)?.['response']);
    expect(run(frames('azure-text.1.chunks.txt'))).toEqual(
      frames('azure-text.1.chunks.txt').at(-1)?.['response'],
    );
  });

  it('takes the output from the finished items when the last event leaves it out', () => {
    const noDeltas = call.filter((frame) => !isAbout(frame, 'delta', 'part', 'added'));
    expect(run(withoutFinalOutput(noDeltas))).toEqual(call.at(-1)?.['response']);
  });

  it('puts the output together from deltas when nothing repeats it', () => {
    const onlyDeltas = call.filter((frame) => !isAbout(frame, '.done'));
    expect(run(withoutFinalOutput(onlyDeltas))['output']).toMatchObject([
      {type: 'reasoning', summary: [{type: 'summary_text', text: 'Weather needs a tool.'}]},
      {type: 'message', status: 'completed', content: [{type: 'output_text', text: 'Let me look — 🌦.'}]},
      {type: 'function_call', call_id: 'call_Kx1', arguments: '{"city":"Malmö"}'},
    ]);
  });

  it('puts refusals, custom calls and log probabilities together from deltas', () => {
    const sent = [
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: {type: 'custom_tool_call', status: 'in_progress', name: 'sql', input: ''},
      },
      {type: 'response.custom_tool_call_input.delta', output_index: 1, delta: 'SEL'},
      {type: 'response.custom_tool_call_input.delta', output_index: 1, delta: 'ECT'},
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: {type: 'message', status: 'in_progress', content: []},
      },
      {
        type: 'response.output_text.delta',
        output_index: 0,
        content_index: 0,
        delta: 'A',
        logprobs: [{token: 'A'}],
      },
      {
        type: 'response.output_text.delta',
        output_index: 0,
        content_index: 0,
        delta: 'b',
        logprobs: [{token: 'b'}],
      },
      {type: 'response.refusal.delta', output_index: 0, content_index: 1, delta: 'no'},
      {type: 'response.incomplete', response: {}},
    ];
    expect(run(sent)).toEqual({
      status: 'incomplete',
      output: [
        {
          type: 'message',
          status: 'incomplete',
          content: [
            {type: 'output_text', text: 'Ab', logprobs: [{token: 'A'}, {token: 'b'}]},
            {type: 'refusal', refusal: 'no'},
          ],
        },
        {type: 'custom_tool_call', status: 'incomplete', name: 'sql', input: 'SELECT'},
      ],
    });
  });

  it('takes a repeated event once', () => {
    const doubled = withoutFinalOutput(call.filter((frame) => !isAbout(frame, '.done'))).flatMap((frame) => [
      frame,
      frame,
    ]);
    expect(run(doubled)['output']).toMatchObject([
      {summary: [{text: 'Weather needs a tool.'}]},
      {content: [{text: 'Let me look — 🌦.'}]},
      {arguments: '{"city":"Malmö"}'},
    ]);
  });

  it('takes every event of a server that numbers none of them', () => {
    const unnumbered = withoutFinalOutput(call).map((frame) => ({...frame, sequence_number: -1}));
    expect(run(unnumbered)).toEqual(call.at(-1)?.['response']);
  });

  it('is over when it is incomplete', () => {
    const response = {
      status: 'incomplete',
      incomplete_details: {reason: 'max_output_tokens'},
      output: [{type: 'message'}],
    };
    expect(run([{type: 'response.incomplete', response}])).toEqual(response);
  });

  it('goes by the name of the event where the data has no type', () => {
    const accumulator = new ResponsesStreamAccumulator();
    accumulator.add({event: 'response.completed', data: '{"response":{"output":[{"type":"message"}]}}'});
    expect(accumulator.finish()).toEqual({status: 'completed', output: [{type: 'message'}]});
  });

  const failed = {id: 'resp_1', status: 'failed', error: null, content_filters: [{blocked: true}]};
  const reason = {type: 'too_many_requests', code: 'rate_limit_exceeded', message: 'slow', param: null};

  it.each([
    {
      name: 'in the frame after a failure without one',
      sent: [
        {type: 'response.failed', sequence_number: 1, response: failed},
        {type: 'error', sequence_number: 2, error: reason},
      ],
      error: reason,
      response: failed,
    },
    {
      name: 'flat',
      sent: [{type: 'error', sequence_number: 0, code: 'server_error', message: 'm', param: null}],
      error: {code: 'server_error', message: 'm', param: null},
      response: undefined,
    },
    {
      name: 'inside the response that failed',
      sent: [{type: 'response.failed', response: {...failed, error: {code: 'invalid_prompt'}}}],
      error: {code: 'invalid_prompt'},
      response: {...failed, error: {code: 'invalid_prompt'}},
    },
    {name: 'without a type', sent: [{error: {code: 'x'}}], error: {code: 'x'}, response: undefined},
    {name: 'as a text', sent: [{type: 'error', error: 'no'}], error: {message: 'no'}, response: undefined},
    {name: 'nowhere', sent: [{type: 'response.failed', response: failed}], error: {}, response: failed},
  ])('hands on an error whose reason comes $name', ({sent, error, response}) => {
    const accumulator = new ResponsesStreamAccumulator();
    const thrown = thrownBy(() => {
      for (const frame of sent) accumulator.add({data: JSON.stringify(frame)});
      accumulator.finish();
    });
    expect(thrown).toBeInstanceOf(StreamError);
    expect(thrown).toMatchObject({error});
    expect((thrown as StreamError).response).toEqual(response);
  });

  it('is truncated without its last event, even if all text had arrived', () => {
    for (let end = 0; end < call.length; end++) {
      expect(() => run(call.slice(0, end))).toThrow(
        expect.objectContaining({code: 'ERR_MODEL_TRUNCATED', effect: 'retry'}) as Error,
      );
    }
  });

  it('passes over events that it does not know', () => {
    const sent = [{type: 'response.hologram.delta', output_index: 9, delta: 'x'}, ...call];
    expect(run(sent)).toEqual(call.at(-1)?.['response']);
  });
});
