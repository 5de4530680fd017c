import type {JsonObject, JsonValue} from '../../core/json.ts';
import {countInputTokens, embeddingInputs} from '../generation/embedding-inputs.ts';
import {azureError, invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {type FeatureGate, versionHas} from './api-version.ts';
import type {EmbeddingFamily} from './model-family.ts';
import type {ParameterContext} from './parameter-context.ts';
import {missingParameter, refuseBadValues, tooLongArray, unknownValue} from './parameter-values.ts';
import {refuseOperation} from './refuse-operation.ts';

const always: FeatureGate = {preview: '', ga: ''};
const shaped: FeatureGate = {preview: '2024-03-01-preview', ga: '2024-06-01'};

// From the published documents of the API versions.
const parameters: ReadonlyMap<string, FeatureGate> = new Map([
  ['model', always],
  ['input', always],
  ['user', always],
  ['input_type', always],
  ['dimensions', shaped],
  ['encoding_format', shaped],
]);

/** Layer "parameters" for embeddings: the service's 400, or undefined when the request is one it takes. */
export function refuseEmbeddingsRequest(
  body: JsonObject,
  {apiVersion, model, family}: ParameterContext,
): WholeReply | undefined {
  if (family.embedding === undefined) return refuseOperation('embeddings', model);
  return (
    refuseUnknown(body, apiVersion) ??
    refuseBadValues(body) ??
    refuseFormat(body['encoding_format']) ??
    refuseDimensions(body['dimensions'], family.embedding) ??
    refuseInput(body['input']) ??
    refuseLength(body, family.contextWindow)
  );
}

function refuseUnknown(body: JsonObject, apiVersion: string): WholeReply | undefined {
  const unknown = Object.keys(body).filter((name) => {
    const gate = parameters.get(name);
    return gate === undefined || !versionHas(apiVersion, gate);
  });
  if (unknown.length === 0) return undefined;
  return invalidRequest(
    `Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`,
    null,
  );
}

const formats = ['float', 'base64'];

function refuseFormat(format: JsonValue | undefined): WholeReply | undefined {
  if (format === undefined || format === null) return undefined;
  return formats.includes(format as string) ? undefined : unknownValue('encoding_format', format, formats);
}

function refuseDimensions(
  asked: JsonValue | undefined,
  {dimensions, shortens}: EmbeddingFamily,
): WholeReply | undefined {
  if (typeof asked !== 'number') return undefined;
  if (!shortens) return invalidRequest('This model does not support specifying dimensions.', null);
  if (asked <= dimensions) return undefined;
  return invalidRequest(
    `Invalid value for 'dimensions' = ${asked}. Must be less than or equal to ${dimensions}.`,
    null,
  );
}

const mostInputs = 2_048;

function refuseInput(input: JsonValue | undefined): WholeReply | undefined {
  if (input === undefined || input === null) return missingParameter('input');
  if (typeof input === 'string') return input === '' ? unusable() : undefined;
  if (!Array.isArray(input) || input.length === 0) return unusable();
  const list = input as readonly JsonValue[];
  if (isTokens(list)) return undefined;
  if (list.length > mostInputs) return tooLongArray('input', mostInputs, list.length);
  const isText = (entry: JsonValue): boolean => typeof entry === 'string' && entry !== '';
  return list.every(isText) || list.every(isTokens) ? undefined : unusable();
}

function isTokens(value: JsonValue): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((token: JsonValue) => Number.isSafeInteger(token) && (token as number) >= 0)
  );
}

function unusable(): WholeReply {
  return invalidRequest(
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    null,
  );
}

const mostTokens = 300_000;

function refuseLength(body: JsonObject, mostOfOne: number): WholeReply | undefined {
  const inputs = embeddingInputs(body);
  const long = inputs.find(({tokens}) => tokens > mostOfOne);
  if (long !== undefined) {
    return invalidRequest(
      `This model's maximum context length is ${mostOfOne} tokens, however you requested ${long.tokens} tokens (${long.tokens} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
      null,
    );
  }
  const total = countInputTokens(inputs);
  if (total <= mostTokens) return undefined;
  return azureError(400, `Requested ${total} tokens, max ${mostTokens} tokens per request`, {
    type: 'max_tokens_per_request',
    param: null,
    code: 'max_tokens_per_request',
  });
}
