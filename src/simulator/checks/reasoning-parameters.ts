import type {JsonObject, JsonValue} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {reasoningDefaults, refusedByReasoning} from './chat-parameters.ts';
import type {ModelFamily} from './model-family.ts';
import {unknownValue} from './parameter-values.ts';

const efforts: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** The refusal of what reasoning models do not take: `max_tokens`, sampling parameters, unknown efforts. */
export function refuseReasoningParameters(body: JsonObject, family: ModelFamily): WholeReply | undefined {
  if (!family.reasoning) return refuseEffortWithoutReasoning(body);
  if (typeof body['max_tokens'] === 'number') {
    return unsupportedParameter(
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    );
  }
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue;
    if (refusedByReasoning.has(name) && value !== false) {
      return unsupportedParameter(name, `Unsupported parameter: '${name}' is not supported with this model.`);
    }
    const only = reasoningDefaults.get(name);
    if (only !== undefined && value !== only) return unsupportedValue(name, Number(value), only);
  }
  return refuseEffort(body['reasoning_effort']);
}

/** The refusal of a `reasoning_effort` that no model knows; on Responses it is `reasoning.effort`. */
export function refuseEffort(
  effort: JsonValue | undefined,
  param = 'reasoning_effort',
): WholeReply | undefined {
  if (effort === undefined || effort === null || efforts.some((each) => each === effort)) return undefined;
  return unknownValue(param, effort, efforts);
}

function refuseEffortWithoutReasoning(body: JsonObject): WholeReply | undefined {
  const effort = body['reasoning_effort'];
  if (effort === undefined || effort === null) return undefined;
  return invalidRequest('Unrecognized request argument supplied: reasoning_effort', null);
}

function unsupportedParameter(name: string, message: string): WholeReply {
  return invalidRequest(message, name, 'unsupported_parameter');
}

function unsupportedValue(name: string, value: number, only: number): WholeReply {
  return invalidRequest(
    `Unsupported value: '${name}' does not support ${value} with this model. Only the default (${only}) value is supported.`,
    name,
    'unsupported_value',
  );
}
