import {describe, expect, it} from 'vitest';
import {framesOf, matching, openSimulator} from '../open-simulator.ts';

describe('a response', () => {
  it('carries the request settings with their defaults, and what became of it', async () => {
    await using simulator = await openSimulator({answers: [{text: 'Word'}]});
    const {json} = await simulator.responses({
      input: 'hi',
      instructions: 'Be brief.',
      temperature: 0.5,
      metadata: {a: 'b'},
    });
    expect(json).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'gpt-4o-2024-08-06',
      instructions: 'Be brief.',
      temperature: 0.5,
      top_p: 1,
      metadata: {a: 'b'},
      output: [
        {
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{type: 'output_text', text: 'Word', annotations: []}],
        },
      ],
      usage: {output_tokens: 1, input_tokens_details: {cached_tokens: 0}},
    });
    expect(json.content_filters.map(({source_type: source}) => source)).toEqual(['prompt', 'completion']);
  });

  it('is incomplete when the maximum cuts it off', async () => {
    await using simulator = await openSimulator({answers: [{text: 'x'.repeat(200)}]});
    const {json} = await simulator.responses({input: 'hi', max_output_tokens: 16});
    expect(json).toMatchObject({
      status: 'incomplete',
      completed_at: null,
      incomplete_details: {reason: 'max_output_tokens'},
    });
    expect(json.output[0]).toMatchObject({status: 'incomplete', content: [{text: 'x'.repeat(64)}]});
  });

  it('of a reasoning model begins with its reasoning', async () => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {model: 'gpt-5-mini-2025-08-07'}}});
    const {json} = await simulator.responses({
      input: 'hi',
      store: false,
      reasoning: {summary: 'auto'},
      include: ['reasoning.encrypted_content'],
    });
    expect(json.output.map(({type}) => type)).toEqual(['reasoning', 'message']);
    expect(json.output[0]).toMatchObject({
      summary: [{type: 'summary_text'}],
      encrypted_content: matching(/\w/),
    });
    expect(json.usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  it('reads items, tool calls and tool results', async () => {
    await using simulator = await openSimulator({
      answers: [
        {rule: {match: 'sum', tool_calls: [{name: 'add', arguments: {a: 1}}]}},
        {rule: {role: 'tool', reply: 'It is $&.', match: '.+'}},
      ],
    });
    const tools = [{type: 'function', name: 'add', parameters: {}}];
    const asked = {role: 'user', content: [{type: 'input_text', text: 'the sum?'}]};
    const {json} = await simulator.responses({input: [asked], tools});
    const [call] = json.output;
    expect(call).toMatchObject({
      type: 'function_call',
      name: 'add',
      arguments: '{"a":1}',
      status: 'completed',
    });
    const after = await simulator.responses({
      input: [asked, call, {type: 'function_call_output', call_id: call.call_id, output: '3'}],
      tools,
    });
    expect(after.json.output[0].content[0].text).toBe('It is 3.');
  });

  it('may refuse', async () => {
    await using simulator = await openSimulator({answers: [{rule: {refusal: 'I will not.'}}]});
    expect((await simulator.responses({input: 'x'})).json.output[0].content).toEqual([
      {type: 'refusal', refusal: 'I will not.'},
    ]);
    expect(
      (
        await simulator.send('/openai/v1/chat/completions', {
          body: {model: 'gpt-4o', messages: [{role: 'user', content: 'x'}]},
        })
      ).json.choices[0].message,
    ).toMatchObject({content: null, refusal: 'I will not.'});
  });
});

describe('a streamed response', () => {
  it('numbers its events without gaps and ends without [DONE]', async () => {
    await using simulator = await openSimulator({answers: [{text: 'abcdefgh'}]});
    const {text} = await simulator.responses({input: 'hi', stream: true});
    const events = framesOf(text);
    expect(events.map(({type}) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(text.split('\n').filter((line) => line.startsWith('event: '))).toHaveLength(events.length);
    expect(text).not.toContain('[DONE]');
  });

  it('ends with the object that the whole reply is', async () => {
    await using simulator = await openSimulator();
    const whole = (await simulator.responses({input: 'hi'})).json;
    const events = framesOf((await simulator.responses({input: 'hi', stream: true})).text);
    expect(events.at(-1)!.response).toEqual(whole);
    expect(events[0].response).toMatchObject({status: 'in_progress', output: [], usage: null});
  });

  it('sends arguments and summaries in pieces, and response.incomplete at a cut', async () => {
    await using simulator = await openSimulator({
      deployments: {'gpt-4o': {model: 'o3'}},
      answers: [
        {rule: {match: 'call', tool_calls: [{name: 'f', arguments: {a: 12345}}]}},
        {text: 'x'.repeat(100)},
      ],
    });
    const tools = [{type: 'function', name: 'f', parameters: {}}];
    const called = framesOf(
      (await simulator.responses({input: 'call', tools, stream: true, reasoning: {summary: 'auto'}})).text,
    );
    const joined = (type: string) =>
      called
        .filter((event) => event.type === type)
        .map(({delta}) => delta)
        .join('');
    expect(joined('response.function_call_arguments.delta')).toBe('{"a":12345}');
    expect(joined('response.reasoning_summary_text.delta')).toContain('Thought');
    const cut = framesOf(
      (
        await simulator.responses({
          input: 'x',
          stream: true,
          reasoning: {effort: 'minimal'},
          max_output_tokens: 16,
        })
      ).text,
    );
    expect(cut.at(-1)).toMatchObject({type: 'response.incomplete', response: {status: 'incomplete'}});
  });
});
