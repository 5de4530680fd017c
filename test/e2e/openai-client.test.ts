import OpenAI, {AzureOpenAI} from 'openai';
import {zodResponseFormat, zodTextFormat} from 'openai/helpers/zod';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {z} from 'zod';
import {type RunningProgram, serve} from './running-servers.ts';
import {key, setUpWorkplace, type Workplace} from './workplace.ts';

const weather = {name: 'weather', arguments: {city: '$1'}};
const simulator = {
  deployments: {
    gpt: {content_filter: {block_prompt: ['forbidden fruit']}},
    'text-embedding-3-small': {model: 'text-embedding-3-small'},
  },
  answers: [
    {rule: {match: 'Weather in (\\w+)', tool_calls: [weather]}},
    {rule: {match: 'sunny', role: 'tool', reply: 'It is sunny.'}},
    {rule: {match: 'Solve', json: {steps: ['one', 'two'], answer: 42}}},
    {rule: {match: 'Refuse', refusal: 'I would rather not.'}},
    {echo: true},
  ],
};
const Solution = z.object({steps: z.array(z.string()), answer: z.number()});
const WeatherArguments = z.object({city: z.string()});
const parameters = {
  type: 'object' as const,
  properties: {city: {type: 'string' as const}},
  required: ['city'],
  additionalProperties: false,
};

const upstreams = [
  {upstream: 'chat_completions', version: '2024-10-21'},
  {upstream: 'responses', version: '2025-04-01-preview'},
] as const;

function modelYaml({upstream, version}: (typeof upstreams)[number]): string {
  return `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: \${policy_base_url}
      openai_api_key: \${policy_api_key}
      openai_model: gpt
      default_query: {api-version: '${version}'}
      upstream_api: ${upstream}
solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
`;
}

describe.each(upstreams)('the official client before a model server on $upstream', (upstream) => {
  let place: Workplace;
  let running: RunningProgram;
  let client: OpenAI;

  beforeAll(async () => {
    place = await setUpWorkplace({simulator});
    await place.write('servers.yaml', modelYaml(upstream));
    running = await serve(['--config', 'servers.yaml'], {cwd: place.folder.path});
    client = new OpenAI({
      baseURL: `${running.url('policy_model')}/v1`,
      apiKey: 'any',
      maxRetries: 0,
    });
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  const user = (content: string) => [{role: 'user' as const, content}];

  it('creates a chat completion, with the request id of the service', async () => {
    const {data, response, request_id} = await client.chat.completions
      .create({model: 'whatever', messages: user('Say this.')})
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      choices: [{index: 0, message: {role: 'assistant', content: 'Say this.'}, finish_reason: 'stop'}],
    });
    expect(data.usage?.total_tokens).toBe(
      (data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0),
    );
    expect(request_id).toMatch(/./);
    expect(response.headers.get('x-rollcall-simulated')).toBe('true');
  });

  it('creates a response, with the request id of the service', async () => {
    const response = await client.responses.create({model: 'whatever', input: 'Say this.'});
    expect(response).toMatchObject({object: 'response', status: 'completed', output_text: 'Say this.'});
    expect(response._request_id).toMatch(/./);
    const completion = await client.chat.completions.create({model: 'any', messages: user('Say this.')});
    expect(completion._request_id).toMatch(/./);
  });

  it('iterates over the chunks of a chat completion, and sees the usage when it asks for it', async () => {
    const parts: string[] = [];
    const stream = await client.chat.completions.create({
      model: 'any',
      messages: user('one two three four five'),
      stream: true,
      stream_options: {include_usage: true},
    });
    let usage: unknown;
    for await (const chunk of stream) {
      parts.push(chunk.choices[0]?.delta.content ?? '');
      usage = chunk.usage ?? usage;
    }
    expect(parts.join('')).toBe('one two three four five');
    expect(parts.filter((part) => part !== '').length).toBeGreaterThan(1);
    expect(usage).toMatchObject({completion_tokens: expect.any(Number) as number});
  });

  it('sees no usage that it did not ask for', async () => {
    const stream = await client.chat.completions.create({
      model: 'any',
      messages: user('one two'),
      stream: true,
    });
    for await (const chunk of stream) {
      expect(chunk.usage ?? null).toBeNull();
    }
  });

  it('iterates over the events of a response, numbered without a gap', async () => {
    const stream = await client.responses.create({model: 'any', input: 'one two three', stream: true});
    const types: string[] = [];
    const numbers: number[] = [];
    let text = '';
    for await (const event of stream) {
      types.push(event.type);
      numbers.push(event.sequence_number);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe('one two three');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('accumulates a chat completion with its helper', async () => {
    const stream = client.chat.completions.stream({
      model: 'any',
      messages: user('one two three'),
      stream_options: {include_usage: true},
    });
    let text = '';
    stream.on('content', (delta) => (text += delta));
    const final = await stream.finalChatCompletion();
    expect(text).toBe('one two three');
    expect(final.choices[0]?.message.content).toBe('one two three');
    expect(await stream.totalUsage()).toMatchObject({completion_tokens: expect.any(Number) as number});
  });

  it('accumulates a response with its helper', async () => {
    const stream = client.responses.stream({model: 'any', input: 'one two three'});
    let text = '';
    stream.on('response.output_text.delta', ({delta}) => (text += delta));
    const final = await stream.finalResponse();
    expect(text).toBe('one two three');
    expect(final).toMatchObject({status: 'completed', output_text: 'one two three'});
    expect(final.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('parses structured output of either door, whole and streamed', async () => {
    const solution = {steps: ['one', 'two'], answer: 42};
    const response_format = zodResponseFormat(Solution, 'solution');
    const text = {format: zodTextFormat(Solution, 'solution')};
    const chat = {model: 'any', messages: user('Solve it.'), response_format};
    const completion = await client.chat.completions.parse(chat);
    expect(completion.choices[0]?.message.parsed).toEqual(solution);
    const streamed = await client.chat.completions.stream(chat).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(solution);
    const response = await client.responses.parse({model: 'any', input: 'Solve it.', text});
    expect(response.output_parsed).toEqual(solution);
    const stream = client.responses.stream({model: 'any', input: 'Solve it.', text});
    expect((await stream.finalResponse()).output_parsed).toEqual(solution);
  });

  it('hears a refusal for what it is', async () => {
    const completion = await client.chat.completions.create({model: 'any', messages: user('Refuse.')});
    expect(completion.choices[0]?.message).toMatchObject({refusal: 'I would rather not.'});
    const response = await client.responses.create({model: 'any', input: 'Refuse.'});
    expect(response.output).toMatchObject([
      {type: 'message', content: [{type: 'refusal', refusal: 'I would rather not.'}]},
    ]);
  });

  it.each([false, true])(
    'runs tools over chat completions until there is an answer (stream: %s)',
    async (stream) => {
      const asked: string[] = [];
      const tools = [
        {
          type: 'function' as const,
          function: {
            name: 'weather',
            description: 'The weather of a city.',
            parameters,
            parse: (text: string) => WeatherArguments.parse(JSON.parse(text)),
            function: ({city}: z.infer<typeof WeatherArguments>) => {
              asked.push(city);
              return 'sunny';
            },
          },
        },
      ];
      const params = {model: 'any', messages: user('Weather in Paris'), tools};
      const runner = stream
        ? client.chat.completions.runTools({...params, stream: true})
        : client.chat.completions.runTools(params);
      expect(await runner.finalContent()).toBe('It is sunny.');
      expect(asked).toEqual(['Paris']);
    },
  );

  it.each([false, true])(
    'calls a function over Responses and tells its output (stream: %s)',
    async (isStream) => {
      const tools = [{type: 'function' as const, name: 'weather', parameters, strict: true}];
      const ask = (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> => {
        const params = {model: 'any', input, tools};
        return isStream ? client.responses.stream(params).finalResponse() : client.responses.create(params);
      };
      const input: OpenAI.Responses.ResponseInput = user('Weather in Paris');
      const first = await ask(input);
      const [call] = first.output.filter(isFunctionCall);
      expect(JSON.parse(call?.arguments ?? '')).toEqual({city: 'Paris'});
      const output = {type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'sunny'};
      const history = first.output as OpenAI.Responses.ResponseInputItem[];
      const second = await ask([...input, ...history, output]);
      expect(second.output_text).toBe('It is sunny.');
    },
  );

  it('lists and retrieves the one model', async () => {
    const {data} = await client.models.list();
    expect(data.map(({id}) => id)).toEqual(['gpt']);
    expect(await client.models.retrieve('gpt')).toMatchObject({id: 'gpt', object: 'model'});
    await expect(client.models.retrieve('other')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('throws the service’s own error for a refused prompt, before a stream begins too', async () => {
    const error = {code: 'content_filter', status: 400};
    const messages = user('forbidden fruit');
    const asked = [
      client.chat.completions.create({model: 'any', messages}),
      client.chat.completions.create({model: 'any', messages, stream: true}),
      client.chat.completions.stream({model: 'any', messages}).finalContent(),
      client.responses.create({model: 'any', input: 'forbidden fruit'}),
      client.responses.create({model: 'any', input: 'forbidden fruit', stream: true}),
      client.responses.stream({model: 'any', input: 'forbidden fruit'}).finalResponse(),
    ];
    for (const result of await Promise.allSettled(asked)) {
      const reason: unknown = (result as PromiseRejectedResult).reason;
      expect(reason).toBeInstanceOf(OpenAI.BadRequestError);
      expect(reason).toMatchObject(error);
      expect((reason as {requestID: string}).requestID).toMatch(/./);
    }
  });

  it('throws for what is no request', async () => {
    const wrong = 'text' as unknown as [];
    const failed: unknown = await client.chat.completions
      .create({model: 'any', messages: wrong})
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OpenAI.BadRequestError);
    expect(failed).toMatchObject({status: 400, param: 'messages', type: 'invalid_request_error'});
    const unknown: unknown = await client.post('/nowhere', {body: {}}).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('talks to the agent as to a model', async () => {
    const agent = new OpenAI({baseURL: `${running.url('solver')}/v1`, apiKey: 'any', maxRetries: 0});
    const response = await agent.responses.create({model: 'any', input: 'Say this.'});
    expect(response.output_text).toBe('Say this.');
    const stream = agent.responses.stream({model: 'any', input: 'Say this.'});
    expect((await stream.finalResponse()).output_text).toBe('Say this.');
    const refused = await agent.responses.create({model: 'any', input: 'forbidden fruit'});
    expect(refused).toMatchObject({status: 'incomplete', incomplete_details: {reason: 'content_filter'}});
  });

  it('is AzureOpenAI, too, with the server as its endpoint', async () => {
    const endpoint = running.url('policy_model');
    const azure = new AzureOpenAI({endpoint, apiKey: 'any', apiVersion: '2024-10-21', maxRetries: 0});
    const completion = await azure.chat.completions.create({model: 'gpt', messages: user('Say this.')});
    expect(completion.choices[0]?.message.content).toBe('Say this.');
    const response = await azure.responses.create({model: 'gpt', input: 'Say this.'});
    expect(response.output_text).toBe('Say this.');
  });

  it('embeds at the simulator itself', async () => {
    const azure = new AzureOpenAI({endpoint: place.simulator.url, apiKey: key, apiVersion: '2024-10-21'});
    const request = {model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 16};
    const whole = await azure.embeddings.create(request);
    expect(whole.data.map(({embedding}) => embedding.length)).toEqual([16, 16]);
    const numbers = await azure.embeddings.create({...request, encoding_format: 'float'});
    expect(numbers.data[0]?.embedding[0]).toBeCloseTo(whole.data[0]?.embedding[0] ?? Number.NaN, 5);
  });
});

function isFunctionCall(
  item: OpenAI.Responses.ResponseOutputItem,
): item is OpenAI.Responses.ResponseFunctionToolCall {
  return item.type === 'function_call';
}
