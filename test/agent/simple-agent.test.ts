import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createSimpleAgent, type SimpleAgentSettings} from '../../src/agent/simple-agent.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, CancelledError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {CallOptions, ResourcesSession} from '../../src/core/ports.ts';
import type {ModelReply} from '../../src/core/rollout.ts';
import {toChatRequest} from '../../src/protocol/responses-to-chat.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {
  functionCall,
  message,
  outputOf,
  reasoning,
  rolloutOf,
  type ScriptedPolicy,
  scriptedPolicy,
  scriptedTools,
  trace,
  turn,
} from './scripted-agent.ts';

const tools = ['a', 'b'].map((name) => ({type: 'function', name, parameters: {type: 'object'}}));

interface Run extends SimpleAgentSettings {
  readonly params?: JsonObject;
  readonly session?: ResourcesSession;
}

function run({model}: ScriptedPolicy, {params, session, ...settings}: Run = {}): Promise<ModelReply> {
  const agent = createSimpleAgent(settings, model);
  return agent(rolloutOf(params ?? {input: 'Hello', tools}), {cancellation: neverCancelled, session});
}

const callError = (): CallError =>
  new CallError('no quota', {code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', effect: 'retry'});

describe('a rollout of several turns', () => {
  it('has begun once it was answered: its next turn need not wait behind those that are new', async () => {
    const {model} = scriptedPolicy(turn([functionCall('a')]), turn([message('Hi')]));
    const asked: (boolean | undefined)[] = [];
    const agent = createSimpleAgent({}, (params, options) => {
      asked.push(options.isBegun);
      return model(params, options);
    });
    await agent(rolloutOf({input: 'Hello', tools}), {cancellation: neverCancelled, session: scriptedTools()});
    expect(asked).toEqual([undefined, true]);
  });
});

describe('a rollout of one turn', () => {
  it('sends what the row sets, leaves out what is null, and returns the reply as it came', async () => {
    const reply = turn([message('Hi')], {usage: null});
    const policy = scriptedPolicy(reply);
    const params = {
      input: 'Hello',
      temperature: 0,
      store: false,
      tools: [],
      text: {format: null},
      top_p: null,
    };
    expect(await run(policy, {params})).toBe(reply);
    expect(policy.sent).toEqual([
      {input: 'Hello', temperature: 0, store: false, tools: [], text: {format: null}},
    ]);
  });

  it('hands its cancellation to the model', async () => {
    const cancellation = new CancellationSource();
    let seen: CallOptions | undefined;
    const agent = createSimpleAgent({maxSteps: 1}, (_params, options) => {
      seen = options;
      return Promise.resolve(turn([message('Hi')]));
    });
    await agent(rolloutOf({input: 'Hello'}), {cancellation, session: undefined});
    expect(seen?.cancellation).toBe(cancellation);
    expect(cancellation.listenerCount).toBe(0);
  });

  it('fails as the model does', async () => {
    const error = callError();
    await expect(run(scriptedPolicy(error))).rejects.toBe(error);
    expect(error.calls).toBe(1);
  });

  it.each([
    ['a message', [message('Hi')], {}],
    ['reasoning and a message', [reasoning, message('Hi')], {}],
    ['a call, cut off', [functionCall('a')], {incomplete_details: {reason: 'max_output_tokens'}}],
    ['nothing, refused', [], {status: 'incomplete', incomplete_details: {reason: 'content_filter'}}],
    ['nothing, failed', [], {status: 'failed', error: {code: 'server_error'}}],
    ['a call that no agent answers', [{type: 'custom_tool_call', call_id: 'c', name: 'x', input: ''}], {}],
    ['one of those beside a function call', [functionCall('a'), {type: 'computer_call', call_id: 'c'}], {}],
  ])('is over with %s', async (_, items, extra) => {
    const session = scriptedTools();
    const reply = turn(items, extra);
    expect(await run(scriptedPolicy(reply), {session})).toBe(reply);
    expect(session.called).toEqual([]);
  });
});

describe('a rollout with tools', () => {
  it('sends the input with all outputs so far, and returns the last response with all of it', async () => {
    const session = scriptedTools((name, args) => `${name}(${JSON.stringify(args)})`);
    const turns = [
      turn([reasoning, functionCall('a', '{"x":1}')], {id: 'resp_1'}),
      turn([message('One moment.'), functionCall('b', '{}')], {id: 'resp_2'}),
      turn([message('Done')], {id: 'resp_3', model: 'gpt'}),
    ];
    const policy = scriptedPolicy(...turns);
    const {response} = await run(policy, {session, params: {input: 'Hello', tools, temperature: 0.5}});
    const first = [reasoning, functionCall('a', '{"x":1}'), outputOf('call_a', 'a({"x":1})')];
    const second = [message('One moment.'), functionCall('b', '{}'), outputOf('call_b', 'b({})')];
    const opening = {type: 'message', role: 'user', content: 'Hello'};
    expect(policy.sent).toEqual([
      {input: 'Hello', tools, temperature: 0.5},
      {input: [opening, ...first], tools, temperature: 0.5},
      {input: [opening, ...first, ...second], tools, temperature: 0.5},
    ]);
    expect(response).toEqual({
      ...turns[2]?.response,
      output: [...first, ...second, message('Done')],
      usage: null,
    });
  });

  it('goes on from a list of items as it is given', async () => {
    const input = [
      {role: 'system', content: 'Be brief.'},
      {role: 'user', content: 'Hello'},
    ];
    const policy = scriptedPolicy(turn([functionCall('a')]), turn([message('Hi')]));
    await run(policy, {session: scriptedTools(), params: {input, tools}});
    expect(policy.sent[1]?.['input']).toEqual([...input, functionCall('a'), outputOf('call_a', 'a done')]);
    expect(input).toHaveLength(2);
  });

  it('sends what a chat deployment can be asked with', async () => {
    const policy = scriptedPolicy(
      turn([{...reasoning, summary: [{type: 'summary_text', text: 'Hm.'}]}]),
      turn([message('Wait.'), functionCall('a'), functionCall('zzz')]),
      turn([message('Done')]),
    );
    await run(policy, {session: scriptedTools()});
    expect(toChatRequest(policy.sent[2] ?? {})['messages']).toMatchObject([
      {role: 'user', content: 'Hello'},
      {role: 'assistant', tool_calls: [{id: 'call_a'}, {id: 'call_zzz'}]},
      {role: 'tool', tool_call_id: 'call_a', content: 'a done'},
      {role: 'tool', tool_call_id: 'call_zzz', content: expect.stringContaining('no tool') as unknown},
    ]);
  });

  it('calls the tools of a turn one after the other, in their order', async () => {
    const order: string[] = [];
    const session = scriptedTools(async (name) => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      return name;
    });
    const calls = [functionCall('b', '{}', '1'), functionCall('a', '{}', '2'), functionCall('b', '{}', '3')];
    const {response} = await run(scriptedPolicy(turn(calls), turn([message('Done')])), {session});
    expect(order).toEqual(['b begins', 'b ends', 'a begins', 'a ends', 'b begins', 'b ends']);
    expect(response['output']).toEqual([
      ...calls,
      outputOf('1', 'b'),
      outputOf('2', 'a'),
      outputOf('3', 'b'),
      message('Done'),
    ]);
  });

  it('keeps status and incomplete_details of the last response', async () => {
    const cut = {status: 'incomplete', incomplete_details: {reason: 'max_output_tokens'}};
    const {response} = await run(scriptedPolicy(turn([functionCall('a')]), turn([functionCall('b')], cut)), {
      session: scriptedTools(),
    });
    expect(response).toMatchObject(cut);
    expect(response['output']).toEqual([functionCall('a'), outputOf('call_a', 'a done'), functionCall('b')]);
  });

  it('adds up usage, and the traces of the calls', async () => {
    const usage = (input: number, output: number, cached: number | null): JsonObject => ({
      input_tokens: input,
      input_tokens_details: {cached_tokens: cached},
      output_tokens: output,
      output_tokens_details: {reasoning_tokens: 1},
      total_tokens: input + output,
    });
    const turns: ModelReply[] = [
      {...turn([functionCall('a')], {usage: usage(10, 2, 0)}), trace: {...trace, calls: 3, simulated: true}},
      turn([functionCall('b')], {usage: null}),
      {...turn([message('Hi')], {usage: usage(20, 3, null)}), trace: {...trace, requestId: 'req-3'}},
    ];
    const reply = await run(scriptedPolicy(...turns), {session: scriptedTools()});
    expect(reply.response['usage']).toEqual({
      ...usage(30, 5, null),
      output_tokens_details: {reasoning_tokens: 2},
    });
    expect(reply.trace).toEqual({
      deployment: 'policy',
      calls: 5,
      queuedMs: 6,
      callMs: 30,
      requestId: 'req-3',
      simulated: true,
    });
  });

  it("answers with NeMo Gym's words where there are no tools at all", async () => {
    const {response} = await run(scriptedPolicy(turn([functionCall('a')]), turn([message('Hm')])));
    expect(response['output']).toEqual([
      functionCall('a'),
      outputOf('call_a', '{"detail":"Not Found"}'),
      message('Hm'),
    ]);
  });

  it('counts the calls of earlier turns where a later one fails', async () => {
    const error = callError();
    const policy = scriptedPolicy(turn([functionCall('a')]), turn([functionCall('b')]), error);
    await expect(run(policy, {session: scriptedTools()})).rejects.toBe(error);
    expect(error.calls).toBe(3);
  });

  it('fails where a tool cannot be reached', async () => {
    const error = new CallError('gone', {code: 'ERR_TOOLS', fault: 'agent', effect: 'retry'});
    const session = scriptedTools(() => Promise.reject(error));
    await expect(run(scriptedPolicy(turn([functionCall('a')])), {session})).rejects.toBe(error);
  });

  it('fails for good when what it would send has no bounds', async () => {
    const session = scriptedTools(() => 'x'.repeat(2 ** 25));
    const turns = Array.from({length: 4}, () => turn([functionCall('a')]));
    await expect(run(scriptedPolicy(...turns), {session})).rejects.toMatchObject({
      code: 'ERR_ROLLOUT_SIZE',
      effect: 'rollout',
      calls: 1 + 2,
    });
  });
});

describe('the bounds', () => {
  it('stop after max_steps turns, the last one’s calls made', async () => {
    const session = scriptedTools();
    const policy = scriptedPolicy(turn([functionCall('a')]), turn([functionCall('b')]));
    const {response} = await run(policy, {session, maxSteps: 2});
    expect(session.called.map(([name]) => name)).toEqual(['a', 'b']);
    expect(response['output']).toHaveLength(4);
    expect(response['status']).toBe('completed');
  });

  it.each([
    [undefined, 3],
    [1, 1],
    [5, 5],
  ])('with %s stalled turns in a row allowed, ask %d times and end as it is', async (allowed, asked) => {
    const policy = scriptedPolicy(...Array.from({length: asked}, () => turn([reasoning])));
    const {response} = await run(policy, {maxStalledSteps: allowed});
    expect(policy.sent).toHaveLength(asked);
    expect(response).toMatchObject({
      status: 'completed',
      output: Array.from({length: asked}, () => reasoning),
    });
  });

  it('take no notice of stalled turns with calls between them', async () => {
    const stall = turn([]);
    const call = turn([functionCall('a')]);
    const policy = scriptedPolicy(stall, stall, call, stall, stall, call, turn([message('At last')]));
    expect((await run(policy, {session: scriptedTools()})).response['output']).toHaveLength(5);
  });

  it.each([
    ['between turns', [functionCall('a')], 1],
    ['between calls', [functionCall('a'), functionCall('b')], 1],
  ])('are also a cancellation: nothing is begun %s', async (_, items, tools_) => {
    const cancellation = new CancellationSource();
    const reason = new CancelledError('stopped');
    const session = scriptedTools(() => {
      cancellation.cancel(reason);
      return 'late';
    });
    const policy = scriptedPolicy(turn(items));
    const agent = createSimpleAgent({}, policy.model);
    await expect(agent(rolloutOf({input: 'x', tools}), {cancellation, session})).rejects.toBe(reason);
    expect(session.called).toHaveLength(tools_);
    expect(policy.sent).toHaveLength(1);
  });

  it('hold for every sequence of turns, and the usage is the sum', async () => {
    const item = fc.constantFrom(
      reasoning,
      message('Hi'),
      functionCall('a'),
      functionCall('zzz'),
      functionCall('b', '{'),
    );
    const turnOf = fc.record({
      items: fc.array(item, {maxLength: 3}),
      tokens: fc.option(fc.nat(1000)),
      cut: fc.boolean(),
    });
    const settings = fc.record({
      maxSteps: fc.option(fc.integer({min: 1, max: 6}), {nil: undefined}),
      maxStalledSteps: fc.option(fc.integer({min: 1, max: 4}), {nil: undefined}),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turnOf, {maxLength: 8}), settings, async (script, bounds) => {
        const turns = script.map(({items, tokens, cut}) =>
          turn(items, {
            usage: tokens === null ? null : {input_tokens: tokens, total_tokens: tokens},
            incomplete_details: cut ? {reason: 'max_output_tokens'} : null,
          }),
        );
        const policy = scriptedPolicy(...turns, turn([message('The end')]));
        const {response, trace: total} = await run(policy, {...bounds, session: scriptedTools()});
        const taken = policy.sent.length;
        expect(taken).toBeLessThanOrEqual(bounds.maxSteps ?? turns.length + 1);
        expect(total.calls).toBe(taken);
        const used = script.slice(0, taken).map(({tokens}) => tokens);
        const known = used.filter((tokens) => tokens !== null);
        const sum = known.reduce((a, b) => a + b, 0);
        expect(response['usage'] ?? null).toEqual(
          known.length === 0 ? null : {input_tokens: sum, total_tokens: sum},
        );
        const produced = response['output'] as readonly JsonObject[];
        const outputs = produced.filter(({type}) => type === 'function_call_output');
        const answered = script.slice(0, taken).filter(({cut}) => !cut);
        expect(outputs).toHaveLength(
          answered.flatMap(({items}) => items.filter(({type}) => type === 'function_call')).length,
        );
      }),
    );
  });
});

describe('the settings', () => {
  it.each([0, -1, 1.5, Number.NaN])('refuse bounds of %d', (bound) => {
    const problems = ['max_steps', 'max_stalled_steps'].map((path): unknown =>
      expect.objectContaining({path}),
    );
    expect(() =>
      createSimpleAgent({maxSteps: bound, maxStalledSteps: bound}, scriptedPolicy().model),
    ).toThrow(expect.objectContaining({code: 'ERR_CONFIG', problems}));
  });
});
