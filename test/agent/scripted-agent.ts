import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import type {ModelClient, ResourcesSession} from '../../src/core/ports.ts';
import type {CallTrace, ModelReply, Rollout} from '../../src/core/rollout.ts';

export const trace: CallTrace = {deployment: 'policy', calls: 1, queuedMs: 2, callMs: 10, requestId: 'req-1'};

export const message = (text: string): JsonObject => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{type: 'output_text', text, annotations: []}],
});
export const reasoning: JsonObject = {type: 'reasoning', id: 'rs_1', summary: []};
export const functionCall = (name: string, args: JsonValue = '{}', callId = `call_${name}`): JsonObject => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: callId,
  name,
  arguments: args,
});
export const outputOf = (callId: string, output: string): JsonObject => ({
  type: 'function_call_output',
  call_id: callId,
  output,
});

/** A model's turn: a completed response with these items. */
export const turn = (items: readonly JsonObject[], extra: JsonObject = {}): ModelReply => ({
  response: {object: 'response', status: 'completed', incomplete_details: null, output: items, ...extra},
  trace,
});

export const rolloutOf = (params: JsonObject, row: JsonObject = {}): Rollout => ({
  id: {taskIndex: 0, rolloutIndex: 0},
  agentName: 'agent',
  attempt: 1,
  row: {responses_create_params: params, ...row},
  text: '',
});

export interface ScriptedPolicy {
  readonly model: ModelClient;
  /** The parameters of every call so far. */
  readonly sent: readonly JsonObject[];
}

/** A model that takes these turns (an error is thrown), and no more. */
export function scriptedPolicy(...turns: readonly (ModelReply | Error)[]): ScriptedPolicy {
  const sent: JsonObject[] = [];
  return {
    sent,
    model: (params) => {
      const next = turns[sent.length];
      sent.push(params);
      if (next instanceof Error) return Promise.reject(next);
      return next === undefined
        ? Promise.reject(new Error('the model was asked once too often'))
        : Promise.resolve(next);
    },
  };
}

export interface ScriptedTools extends ResourcesSession {
  readonly called: readonly (readonly [name: string, args: JsonObject])[];
}

/** Tools that say `respond`'s text, and remember what they were called with. */
export function scriptedTools(
  respond: (name: string, args: JsonObject) => string | Promise<string> = (name) => `${name} done`,
): ScriptedTools {
  const called: [string, JsonObject][] = [];
  return {
    called,
    async callTool(name, args) {
      called.push([name, args]);
      return await respond(name, args);
    },
    verify: () => Promise.reject(new Error('nobody asked for a verdict')),
  };
}
