import {asJsonObject, type JsonObject} from '../../core/json.ts';
import {badRequest, invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {versionHas} from './api-version.ts';
import {refuseMessages} from './chat-messages.ts';
import {chatParameters} from './chat-parameters.ts';
import type {ModelFamily} from './model-family.ts';
import type {ParameterContext} from './parameter-context.ts';
import {missingParameter, refuseBadValues, unknownValue} from './parameter-values.ts';
import {refuseReasoningParameters} from './reasoning-parameters.ts';
import {refuseOperation} from './refuse-operation.ts';
import {refuseSchema} from './refuse-schema.ts';
import {refuseTools} from './refuse-tools.ts';

/** Layer "parameters" for chat completions: the service's 400, or undefined when the request is one it takes. */
export function refuseChatRequest(body: JsonObject, context: ParameterContext): WholeReply | undefined {
  const {apiVersion, model, family} = context;
  if (family.responsesOnly || family.embedding !== undefined) return refuseOperation('chatCompletion', model);
  if (family.reasoning && !versionHas(apiVersion, {preview: '2024-12-01-preview'})) {
    // The unfilled place is in the service's own text.
    return badRequest('Model {modelName} is enabled only for api versions 2024-12-01-preview and later');
  }
  return (
    refuseUnknown(body, apiVersion) ??
    refuseBadValues(body) ??
    refuseMessages(body['messages']) ??
    refuseTools(body, 'chat') ??
    refuseReasoningParameters(body, family) ??
    refuseMaximum(body, family) ??
    refuseCombinations(body, family) ??
    refuseResponseFormat(body, context)
  );
}

function refuseUnknown(body: JsonObject, apiVersion: string): WholeReply | undefined {
  const unknown = Object.keys(body).filter((name) => {
    const gate = chatParameters.get(name);
    return gate === undefined || !versionHas(apiVersion, gate);
  });
  if (unknown.length === 0) return undefined;
  return invalidRequest(
    `Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`,
    null,
  );
}

function refuseMaximum(body: JsonObject, {maxCompletionTokens}: ModelFamily): WholeReply | undefined {
  if (typeof body['max_tokens'] === 'number' && typeof body['max_completion_tokens'] === 'number') {
    return invalidRequest(
      'Setting max_tokens and max_completion_tokens at the same time is not supported.',
      null,
      'invalid_parameter_combination',
    );
  }
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const asked = body[name];
    if (typeof asked !== 'number' || asked <= maxCompletionTokens) continue;
    return invalidRequest(
      `${name} is too large: ${asked}. This model supports at most ${maxCompletionTokens} completion tokens, whereas you provided ${asked}.`,
      name,
      'invalid_value',
    );
  }
  return undefined;
}

function refuseCombinations(body: JsonObject, family: ModelFamily): WholeReply | undefined {
  if (typeof body['top_logprobs'] === 'number' && body['logprobs'] !== true) {
    return invalidRequest(
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
      'top_logprobs',
    );
  }
  if (asJsonObject(body['stream_options']) !== undefined && body['stream'] !== true) {
    return invalidRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    );
  }
  if (body['stream'] === true && !family.streams) {
    return invalidRequest(
      "Unsupported value: 'stream' does not support true with this model. Supported values are: false.",
      'stream',
      'unsupported_value',
    );
  }
  return undefined;
}

function refuseResponseFormat(
  body: JsonObject,
  {apiVersion, family}: ParameterContext,
): WholeReply | undefined {
  const format = asJsonObject(body['response_format']);
  if (format === undefined) return undefined;
  const type = format['type'];
  if (type === undefined) return missingParameter('response_format.type');
  if (type === 'text' || type === 'json_object') return undefined;
  if (type !== 'json_schema') {
    return unknownValue('response_format.type', type, ['json_object', 'json_schema', 'text']);
  }
  if (!versionHas(apiVersion, {preview: '2024-08-01-preview', ga: '2024-10-21'})) {
    return badRequest(
      'response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later',
    );
  }
  if (!family.jsonSchema) {
    return invalidRequest(
      "Invalid parameter: 'response_format' must be one of 'json_object', 'text'.",
      'response_format',
    );
  }
  return refuseSchema(asJsonObject(format['json_schema']), 'response_format.json_schema', 'response_format');
}
