import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import {ask, firstChoices, framesOf, matching, openSimulator} from '../open-simulator.ts';

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {type: 'object', properties: {city: {type: 'string'}}, required: ['city']},
  },
};
const weatherRule = {
  rule: {match: 'weather in (\\w+)', tool_calls: [{name: 'get_weather', arguments: {city: '$1'}}]},
};

describe('a chat completion', () => {
  it('counts tokens by fours and names the model behind the deployment', async () => {
    await using simulator = await openSimulator({answers: [{text: 'twelve chars'}]});
    const {json} = await simulator.chat(ask('x'.repeat(16)));
    expect(json.model).toBe('gpt-4o-2024-08-06');
    expect(json.usage).toMatchObject({prompt_tokens: 11, completion_tokens: 3, total_tokens: 14});
    expect(json.prompt_filter_results[0]!.content_filter_results.jailbreak).toEqual({
      filtered: false,
      detected: false,
    });
  });

  it('is cut at the maximum with finish reason length', async () => {
    await using simulator = await openSimulator({answers: [{text: 'abcdefghijkl'}]});
    const {json} = await simulator.chat(ask('x', {max_tokens: 2}));
    expect(json.choices[0]).toMatchObject({finish_reason: 'length', message: {content: 'abcdefgh'}});
    expect(json.usage.completion_tokens).toBe(2);
  });

  it('ends before a stop sequence', async () => {
    await using simulator = await openSimulator({answers: [{text: 'one, two, three'}]});
    const {json} = await simulator.chat(ask('x', {stop: ['three', ', two']}));
    expect(json.choices[0]).toMatchObject({finish_reason: 'stop', message: {content: 'one'}});
  });

  it('has as many choices as asked for', async () => {
    await using simulator = await openSimulator();
    const {json} = await simulator.chat(ask('x', {n: 3}));
    expect(json.choices.map(({index}) => index)).toEqual([0, 1, 2]);
    expect(new Set(json.choices.map(({message}) => message.content)).size).toBeGreaterThan(1);
  });

  it('holds log probabilities when asked for, likeliest first', async () => {
    await using simulator = await openSimulator({answers: [{text: 'abcdefgh'}]});
    const {json} = await simulator.chat(ask('x', {logprobs: true, top_logprobs: 3}));
    const {content} = json.choices[0].logprobs;
    const [first] = content;
    expect(content.map(({token}) => token)).toEqual(['abcd', 'efgh']);
    const probabilities = first.top_logprobs.map(({logprob}) => logprob);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    expect(first.top_logprobs).toHaveLength(3);
  });

  it('calls the tool that a rule names, then answers when the tool has', async () => {
    await using simulator = await openSimulator({
      answers: [weatherRule, {rule: {role: 'tool', match: '(.+)', reply: 'It is $1.'}}],
    });
    const question = {role: 'user', content: 'weather in Oslo'};
    const {json} = await simulator.chat({messages: [question], tools: [weather]});
    const {message, finish_reason: reason} = json.choices[0];
    expect(reason).toBe('tool_calls');
    expect(message).toMatchObject({
      content: null,
      tool_calls: [{type: 'function', function: {name: 'get_weather', arguments: '{"city":"Oslo"}'}}],
    });
    const messages = [
      question,
      message,
      {role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'raining'},
    ];
    const after = await simulator.chat({messages, tools: [weather]});
    expect(after.json.choices[0].message.content).toBe('It is raining.');
  });

  it.each<[string, JsonObject]>([
    ['is not offered', {}],
    ['may not be called', {tools: [weather], tool_choice: 'none'}],
  ])('is plain text when the tool %s', async (_, more) => {
    await using simulator = await openSimulator({answers: [weatherRule, {text: 'plain'}]});
    const {json} = await simulator.chat(ask('weather in Oslo', more));
    expect(json.choices[0].message.content).toBe('plain');
  });

  it.each(['required', {type: 'function', function: {name: 'get_weather'}}])(
    'makes up arguments that fit when a tool is required: %j',
    async (choice) => {
      await using simulator = await openSimulator({answers: [{text: 'plain'}]});
      const {json} = await simulator.chat(ask('hi', {tools: [weather], tool_choice: choice}));
      expect(JSON.parse(json.choices[0].message.tool_calls[0].function.arguments)).toEqual({
        city: matching(/\w/),
      });
    },
  );

  it('is a value of the schema that was asked for, unless the rule has JSON', async () => {
    const schema = {
      type: 'object',
      properties: {n: {type: 'integer', minimum: 3, maximum: 5}},
      required: ['n'],
      additionalProperties: false,
    };
    const format = {response_format: {type: 'json_schema', json_schema: {name: 's', strict: true, schema}}};
    await using simulator = await openSimulator({
      answers: [{rule: {match: 'own', json: {n: 4, own: true}}}, {text: 'plain'}],
    });
    const made = JSON.parse((await simulator.chat(ask('x', format))).json.choices[0].message.content) as {
      n: number;
    };
    expect(made.n).toBeGreaterThanOrEqual(3);
    expect(made.n).toBeLessThanOrEqual(5);
    expect((await simulator.chat(ask('own', format))).json.choices[0].message.content).toBe(
      '{"n":4,"own":true}',
    );
    const free = await simulator.chat(ask('x', {response_format: {type: 'json_object'}}));
    expect(free.json.choices[0].message.content).toBe('{"answer":"plain"}');
  });

  it('of a reasoning model spends its maximum on thought first', async () => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {model: 'o4-mini-2025-04-16'}}});
    const {json} = await simulator.chat(ask('x', {max_completion_tokens: 64, reasoning_effort: 'high'}));
    expect(json.choices[0]).toMatchObject({finish_reason: 'length', message: {content: ''}});
    expect(json.usage.completion_tokens_details.reasoning_tokens).toBe(64);
    const quick = await simulator.chat(ask('x', {reasoning_effort: 'minimal'}));
    expect(quick.json.usage.completion_tokens_details.reasoning_tokens).toBe(0);
  });
});

describe('a streamed chat completion', () => {
  const stream = {stream: true, stream_options: {include_usage: true}};

  it('has the frames that Azure sends, in its order', async () => {
    await using simulator = await openSimulator({answers: [{text: 'abcdefgh'}]});
    const answered = await simulator.chat(ask('x', stream));
    expect(answered.headers['content-type']).toContain('text/event-stream');
    const frames = framesOf(answered.text);
    expect(frames[0]).toEqual({
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [expect.objectContaining({prompt_index: 0})],
    });
    expect(frames.slice(1, -2).map(({choices}) => [choices[0].delta, choices[0].finish_reason])).toEqual([
      [{content: '', refusal: null, role: 'assistant'}, null],
      [{content: 'abcd'}, null],
      [{content: 'efgh'}, null],
      [{}, 'stop'],
    ]);
    expect(frames.slice(1, -2).every(({usage}) => (usage as unknown) === null)).toBe(true);
    expect(frames.at(-2)).toMatchObject({choices: [], usage: {completion_tokens: 2}});
    expect(frames.at(-1)).toBe('[DONE]');
  });

  it('leaves usage and filler out when they are not wanted', async () => {
    await using simulator = await openSimulator({answers: [{text: 'abc'}]});
    const frames = framesOf(
      (await simulator.chat(ask('x', {stream: true, stream_options: {include_obfuscation: false}}))).text,
    );
    expect(frames.slice(1, -1).some((frame) => 'usage' in frame || 'obfuscation' in frame)).toBe(false);
  });

  it('says what the whole reply says, for every choice', async () => {
    await using simulator = await openSimulator();
    const whole = (await simulator.chat(ask('x', {n: 2}))).json;
    const frames = framesOf((await simulator.chat(ask('x', {n: 2, stream: true}))).text).slice(1, -1);
    const texts = [0, 1].map((index) =>
      frames
        .flatMap(({choices}) => choices)
        .filter((choice) => choice.index === index)
        .map(({delta}) => delta.content ?? '')
        .join(''),
    );
    expect(texts).toEqual(whole.choices.map(({message}) => message.content));
    expect(frames[0]!.id).toBe(whole.id);
  });

  it('sends a tool call in pieces, its name first', async () => {
    await using simulator = await openSimulator({answers: [weatherRule]});
    const frames = framesOf(
      (await simulator.chat(ask('weather in Oslo', {stream: true, tools: [weather]}))).text,
    );
    const calls = firstChoices(frames).flatMap(({delta}) => delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({
      index: 0,
      id: matching(/^call_/),
      function: {name: 'get_weather', arguments: ''},
    });
    expect(calls.slice(1).every((call) => !('id' in call))).toBe(true);
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{"city":"Oslo"}');
    expect(frames.at(-2)!.choices[0].finish_reason).toBe('tool_calls');
  });

  it('takes back what the asynchronous filter finds too late', async () => {
    await using simulator = await openSimulator({
      content_filter: {block_completion: ['bad'], mode: 'asynchronous'},
      answers: [{text: 'so bad a word'}],
    });
    const frames = framesOf((await simulator.chat(ask('x', {stream: true}))).text);
    const shown = firstChoices(frames)
      .map((choice) => (choice.delta as {content?: string} | undefined)?.content ?? '')
      .join('');
    expect(shown).toBe('so bad a word');
    const finish = firstChoices(frames).find((choice) => choice.finish_reason === 'content_filter');
    expect(finish).not.toHaveProperty('delta');
    expect(frames.at(-2)).toMatchObject({
      id: '',
      choices: [
        {
          content_filter_offsets: {start_offset: 0, end_offset: 13},
          content_filter_results: {violence: {filtered: true}},
        },
      ],
    });
  });
});
