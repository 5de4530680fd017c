import type {JsonObject} from '../../src/core/json.ts';
import type {ModelClient} from '../../src/core/ports.ts';
import type {CallTrace} from '../../src/core/rollout.ts';

export const trace: CallTrace = {deployment: 'judge', calls: 1, queuedMs: 0, callMs: 5, requestId: 'req-1'};

export interface ScriptedModel {
  readonly model: ModelClient;
  /** The parameters of every call so far. */
  readonly calls: readonly JsonObject[];
  readonly prompts: readonly string[];
}

/** A model that gives the answers in turn (an error is thrown), and no more than those. */
export function scriptedModel(...answers: readonly (string | Error)[]): ScriptedModel {
  const calls: JsonObject[] = [];
  return {
    calls,
    get prompts() {
      return calls.map((params) => promptOf(params));
    },
    model: (params) => {
      const answer = answers[calls.length];
      calls.push(params);
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer === undefined) return Promise.reject(new Error('the judge was asked once too often'));
      return Promise.resolve({response: answerOf(answer), trace});
    },
  };
}

/** A Responses API object whose only message says `text`. */
export function answerOf(text: string): JsonObject {
  return {
    object: 'response',
    output: [{type: 'message', role: 'assistant', content: [{type: 'output_text', text}]}],
  };
}

function promptOf(params: JsonObject): string {
  const messages = params['input'] as readonly {readonly content: string}[];
  return messages.at(-1)?.content ?? '';
}
