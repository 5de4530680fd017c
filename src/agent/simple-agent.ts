import {RollcallError} from '../core/errors.ts';
import {asJsonObject, type JsonObject} from '../core/json.ts';
import type {Agent, ModelClient} from '../core/ports.ts';

export interface SimpleAgentSettings {
  /** Turns a rollout may take; undefined: as many as it needs. Without tools every rollout is over after one. */
  readonly maxSteps?: number | undefined;
}

/**
 * NeMo Gym's `simple_agent` without tools: one turn, the row's `responses_create_params` to the model and its reply back,
 * whatever it holds. A `maxSteps` that is no whole number from 1 up fails here with `ERR_CONFIG`.
 */
export function createSimpleAgent({maxSteps}: SimpleAgentSettings, model: ModelClient): Agent {
  if (maxSteps !== undefined && !(Number.isSafeInteger(maxSteps) && maxSteps >= 1))
    throw maxStepsError(maxSteps);
  return ({row}, options) => model(paramsOf(row), options);
}

/** The parameters that a row sets. A null is NeMo Gym's way to write one that is not set, and stays away from the model. */
function paramsOf(row: JsonObject): JsonObject {
  const params = asJsonObject(row['responses_create_params']) ?? {};
  const isSet = ([, value]: readonly [string, unknown]): boolean => value !== null && value !== undefined;
  const members = Object.entries(params);
  return members.every(isSet) ? params : Object.fromEntries(members.filter(isSet));
}

function maxStepsError(maxSteps: number): RollcallError {
  return new RollcallError('the agent cannot work with these settings', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems: [
      {
        path: 'max_steps',
        message: `is ${String(maxSteps)}, but has to be a whole number from 1 up`,
        hint: 'Leave it out for as many turns as a rollout needs.',
      },
    ],
  });
}
