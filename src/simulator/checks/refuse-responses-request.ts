import {asJsonObject, type JsonObject} from '../../core/json.ts';
import {azureError, invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import type {ModelFamily} from './model-family.ts';
import type {ParameterContext} from './parameter-context.ts';
import {refuseBadValues} from './parameter-values.ts';
import {refuseEffort} from './reasoning-parameters.ts';
import {refuseInput} from './refuse-input.ts';
import {refuseOperation} from './refuse-operation.ts';
import {refuseSchema} from './refuse-schema.ts';
import {refuseTools} from './refuse-tools.ts';

const parameters: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'temperature',
  'top_p',
  'top_logprobs',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'include',
  'store',
  'background',
  'metadata',
  'previous_response_id',
  'prompt',
  'truncation',
  'user',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

/** Layer "parameters" for Responses: the service's 400 or 404, or undefined when the request is one it takes. */
export function refuseResponsesRequest(
  body: JsonObject,
  {model, family}: Omit<ParameterContext, 'apiVersion'>,
): WholeReply | undefined {
  if (family.embedding !== undefined) return refuseOperation('responses', model);
  const unknown = Object.keys(body).find((name) => !parameters.has(name));
  if (unknown !== undefined) {
    return invalidRequest(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  }
  return (
    refuseBadValues(body) ??
    refuseInput(body['input']) ??
    refuseTools(body, 'responses') ??
    refuseState(body) ??
    refuseSampling(body, family) ??
    refuseMaximum(body, family) ??
    refuseEffort(asJsonObject(body['reasoning'])?.['effort'], 'reasoning.effort') ??
    refuseFormat(asJsonObject(asJsonObject(body['text'])?.['format']))
  );
}

/** The simulator keeps no responses: what refers to one finds none. */
function refuseState(body: JsonObject): WholeReply | undefined {
  const previous = body['previous_response_id'];
  if (typeof previous === 'string') {
    return azureError(400, `Previous response with id '${previous}' not found.`, {
      type: 'invalid_request_error',
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  }
  if (body['background'] !== true) return undefined;
  return invalidRequest(
    "Unsupported parameter: 'background' is not simulated.",
    'background',
    'unsupported_parameter',
  );
}

function refuseSampling(body: JsonObject, family: ModelFamily): WholeReply | undefined {
  if (!family.reasoning) {
    return asJsonObject(body['reasoning'])?.['effort'] === undefined ||
      asJsonObject(body['reasoning'])?.['effort'] === null
      ? undefined
      : unsupported('reasoning.effort');
  }
  const name = ['temperature', 'top_p'].find((each) => typeof body[each] === 'number' && body[each] !== 1);
  if (name !== undefined) return unsupported(name);
  return typeof body['top_logprobs'] === 'number' && body['top_logprobs'] > 0
    ? unsupported('top_logprobs')
    : undefined;
}

function unsupported(name: string): WholeReply {
  return invalidRequest(
    `Unsupported parameter: '${name}' is not supported with this model.`,
    name,
    'unsupported_parameter',
  );
}

function refuseMaximum(body: JsonObject, {maxCompletionTokens}: ModelFamily): WholeReply | undefined {
  const asked = body['max_output_tokens'];
  if (typeof asked !== 'number' || asked <= maxCompletionTokens) return undefined;
  return invalidRequest(
    `max_output_tokens is too large: ${asked}. This model supports at most ${maxCompletionTokens} completion tokens, whereas you provided ${asked}.`,
    'max_output_tokens',
    'invalid_value',
  );
}

function refuseFormat(format: JsonObject | undefined): WholeReply | undefined {
  if (format?.['type'] !== 'json_schema') return undefined;
  return refuseSchema(format, 'text.format', 'text.format.schema');
}
