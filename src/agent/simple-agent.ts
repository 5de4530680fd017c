import {throwIfCancelled} from '../core/cancellation.ts';
import {CallError, type Problem, RollcallError} from '../core/errors.ts';
import {asJsonArray, asJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import type {Agent, AgentOptions, ModelClient} from '../core/ports.ts';
import type {ModelReply} from '../core/rollout.ts';
import {readTurn} from './read-turn.ts';
import {createToolbox} from './toolbox.ts';
import {Transcript} from './transcript.ts';

export interface SimpleAgentSettings {
  /** Turns a rollout may take; undefined: as many as it needs. */
  readonly maxSteps?: number | undefined;
  /** Turns in a row without a call or a message after which a rollout ends as it is. Default 3. */
  readonly maxStalledSteps?: number | undefined;
}

/**
 * NeMo Gym's `simple_agent`: the row's `responses_create_params` to the model, its function calls to the tools one after
 * the other, all of it to the model again, until it answers without a call, is cut off, or has had its turns. A reply
 * that needs nothing more is given back as it came; else it is the last one with the output and the usage of all.
 * A bound that is no whole number from 1 up fails here with `ERR_CONFIG`.
 */
export function createSimpleAgent(settings: SimpleAgentSettings, model: ModelClient): Agent {
  const bounds = checkBounds(settings);
  return async ({row}, options) => {
    const params = paramsOf(row);
    const first = await model(params, options);
    // The way of most rollouts, so nothing is made for it.
    if (readTurn(first.response).kind === 'over') return first;
    return takeTurns(params, first, bounds, {...options, model, isBegun: true});
  };
}

interface Bounds {
  readonly maxSteps: number;
  readonly maxStalledSteps: number;
}

async function takeTurns(
  params: JsonObject,
  first: ModelReply,
  {maxSteps, maxStalledSteps}: Bounds,
  options: AgentOptions & {readonly model: ModelClient},
): Promise<ModelReply> {
  const {model, session, cancellation} = options;
  const answer = createToolbox(params['tools'], session);
  const opening = itemsOf(params['input']);
  const transcript = new Transcript(first);
  try {
    let turn = readTurn(first.response);
    for (let step = 1, stalled = 0; turn.kind !== 'over'; step++) {
      stalled = turn.kind === 'stalled' ? stalled + 1 : 0;
      for (const call of turn.kind === 'calls' ? turn.calls : []) {
        throwIfCancelled(cancellation);
        transcript.addOutput(call, await answer(call, {cancellation}));
      }
      if (step >= maxSteps || stalled >= maxStalledSteps) break;
      throwIfCancelled(cancellation);
      const reply = await model({...params, input: [...opening, ...transcript.items]}, options);
      transcript.addTurn(reply);
      turn = readTurn(reply.response);
    }
    return transcript.toReply();
  } catch (error) {
    if (error instanceof CallError) {
      error.calls += transcript.calls;
      error.spent = transcript.spent;
    }
    throw error;
  }
}

/** The parameters that a row sets. A null is NeMo Gym's way to write one that is not set, and stays away from the model. */
function paramsOf(row: JsonObject): JsonObject {
  const params = asJsonObject(row['responses_create_params']) ?? {};
  for (const key in params) if (params[key] == null) return withoutUnset(params);
  return params;
}

function withoutUnset(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null));
}

function itemsOf(input: JsonValue | undefined): readonly JsonValue[] {
  return typeof input === 'string' ? [{type: 'message', role: 'user', content: input}] : asJsonArray(input);
}

function checkBounds({maxSteps, maxStalledSteps}: SimpleAgentSettings): Bounds {
  const problems = [
    ...boundProblems('max_steps', maxSteps, 'Leave it out for as many turns as a rollout needs.'),
    ...boundProblems('max_stalled_steps', maxStalledSteps, 'Leave it out for 3.'),
  ];
  if (problems.length === 0)
    return {maxSteps: maxSteps ?? Number.POSITIVE_INFINITY, maxStalledSteps: maxStalledSteps ?? 3};
  throw new RollcallError('the agent cannot work with these settings', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems,
  });
}

function boundProblems(path: string, value: number | undefined, hint: string): readonly Problem[] {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return [];
  return [{path, message: `is ${String(value)}, but has to be a whole number from 1 up`, hint}];
}
