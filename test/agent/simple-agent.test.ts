import {describe, expect, it} from 'vitest';
import {createSimpleAgent} from '../../src/agent/simple-agent.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {CallOptions, ModelClient} from '../../src/core/ports.ts';
import type {ModelReply, Rollout} from '../../src/core/rollout.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

const reply: ModelReply = {
  response: {object: 'response', output: [{type: 'function_call', name: 'f', arguments: '{}'}]},
  trace: {deployment: 'policy', calls: 1, queuedMs: 0, callMs: 1},
};

const rolloutOf = (row: JsonObject): Rollout => ({
  id: {taskIndex: 0, rolloutIndex: 0},
  agentName: 'agent',
  attempt: 1,
  row,
  text: JSON.stringify(row),
});

describe('createSimpleAgent', () => {
  it('sends what the row sets, leaves out what is null, and returns the reply as it came', async () => {
    const sent: JsonObject[] = [];
    const model: ModelClient = (params) => {
      sent.push(params);
      return Promise.resolve(reply);
    };
    const params = {
      input: 'Hello',
      temperature: 0,
      store: false,
      tools: [],
      text: {format: null},
      top_p: null,
    };
    const agent = createSimpleAgent({}, model);
    expect(
      await agent(rolloutOf({responses_create_params: params, question: 'x'}), {
        cancellation: neverCancelled,
        session: undefined,
      }),
    ).toBe(reply);
    expect(sent).toEqual([{input: 'Hello', temperature: 0, store: false, tools: [], text: {format: null}}]);
  });

  it('hands its cancellation to the model', async () => {
    const cancellation = new CancellationSource();
    let seen: CallOptions | undefined;
    const agent = createSimpleAgent({maxSteps: 1}, (_params, options) => {
      seen = options;
      return Promise.resolve(reply);
    });
    await agent(rolloutOf({responses_create_params: {input: 'Hello'}}), {cancellation, session: undefined});
    expect(seen?.cancellation).toBe(cancellation);
  });

  it('fails as the model does', async () => {
    const error = new CallError('no quota', {code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', effect: 'retry'});
    const agent = createSimpleAgent({}, () => Promise.reject(error));
    await expect(
      agent(rolloutOf({responses_create_params: {input: 'x'}}), {
        cancellation: neverCancelled,
        session: undefined,
      }),
    ).rejects.toBe(error);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses max_steps %d', (maxSteps) => {
    expect(() => createSimpleAgent({maxSteps}, () => Promise.resolve(reply))).toThrow(
      expect.objectContaining({code: 'ERR_CONFIG', problems: [expect.objectContaining({path: 'max_steps'})]}),
    );
  });
});
