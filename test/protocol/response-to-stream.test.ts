import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {responseToStream} from '../../src/protocol/response-to-stream.ts';
import {ResponsesStreamAccumulator} from '../../src/protocol/responses-stream.ts';
import {EventDecoder} from '../../src/protocol/server-sent-events.ts';

const output = [
  {type: 'reasoning', id: 'rs_1', summary: [{type: 'summary_text', text: 'hm'}], encrypted_content: 'x'},
  {
    ...{type: 'message', id: 'msg_1', role: 'assistant', status: 'completed'},
    content: [
      {type: 'output_text', text: '4', annotations: [{type: 'url_citation', url: 'u'}], logprobs: []},
      {type: 'refusal', refusal: 'no'},
    ],
  },
  {type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}', status: 'completed'},
  {type: 'custom_tool_call', id: 'ctc_1', call_id: 'd', name: 'g', input: 'in', status: 'completed'},
  {type: 'web_search_call', id: 'ws_1', status: 'completed'},
];
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'm',
  error: null,
  output,
  usage: {},
};

function eventsOf(text: string): readonly JsonObject[] {
  const decoder = new EventDecoder();
  const events = [...decoder.push(Buffer.from(text)), ...decoder.end()];
  for (const {event, data} of events) expect(JSON.parse(data)).toMatchObject({type: event});
  return events.map(({data}) => JSON.parse(data) as JsonObject);
}

describe('a response as a stream', () => {
  it('tells each item, its parts and its texts, numbered from 0', () => {
    const events = eventsOf(responseToStream(response));
    expect(events.map(({sequence_number: at}) => at)).toEqual(events.map((_, at) => at));
    const count = (type: string) => events.filter((event) => event['type'] === type).length;
    expect(events[0]).toMatchObject({
      type: 'response.created',
      response: {status: 'in_progress', output: []},
    });
    expect([count('response.output_item.added'), count('response.output_item.done')]).toEqual([5, 5]);
    expect(count('response.output_text.delta')).toBe(1);
    expect(count('response.refusal.done')).toBe(1);
    expect(count('response.function_call_arguments.delta')).toBe(1);
    expect(count('response.custom_tool_call_input.done')).toBe(1);
    expect(count('response.reasoning_summary_text.delta')).toBe(1);
    expect(events.at(-1)).toMatchObject({type: 'response.completed', response});
  });

  it('adds up to the items when the last event does not repeat them', () => {
    const events = eventsOf(responseToStream(response));
    const accumulator = new ResponsesStreamAccumulator();
    for (const event of events) {
      const isLast = event['type'] === 'response.completed';
      accumulator.add({
        data: JSON.stringify(isLast ? {...event, response: {...response, output: []}} : event),
      });
    }
    expect(accumulator.finish()).toEqual(response);
  });

  it.each([
    ['incomplete', 'response.incomplete'],
    ['failed', 'response.failed'],
    ['completed', 'response.completed'],
    [undefined, 'response.completed'],
  ])('of status %s ends in %s', (status, type) => {
    expect(eventsOf(responseToStream({...response, status})).at(-1)).toMatchObject({type});
  });
});
