import {asJsonArray, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {ConversionProblems} from '../protocol/conversion-error.ts';
import {type MetadataParts, splitMetadata} from '../protocol/extra-body.ts';
import {toChatRequest} from '../protocol/responses-to-chat.ts';
import type {Capabilities} from './capabilities.ts';
import {fitRequest, type NoteChange, type RequestDraft} from './fit-request.ts';

/** What a deployment's requests have in common. */
export interface EncodeOptions {
  /** The deployment's name: goes into the body whatever the row says. */
  readonly deployment: string;
  readonly capabilities: Capabilities;
  readonly stream: boolean;
  /** `metadata.extra_body` is the other side's to take apart: it is a model server of NeMo Gym's kind. */
  readonly keepsExtraBody?: boolean | undefined;
  readonly note: NoteChange;
}

/** Turns the parameters of a Responses request into the body for the API that the deployment is called through. */
export function encodeRequest(params: JsonObject, options: EncodeOptions): JsonObject {
  const {capabilities, note} = options;
  const draft = capabilities.api === 'chat' ? toChatRequest(params) : toResponsesBody(params, options);
  fitRequest(draft, capabilities, note);
  draft['model'] = options.deployment;
  draft['stream'] = options.stream ? true : undefined;
  // What a row says about streaming is for whoever reads the stream, and refused without one.
  const asksUsage = options.stream && capabilities.api === 'chat' && capabilities.streamUsage;
  draft['stream_options'] = asksUsage ? {include_usage: true} : undefined;
  return draft;
}

/**
 * A Responses request as the service takes it, with nothing added: `metadata.extra_body` (NeMo Gym's way to send seeds)
 * becomes part of the body unless it is to be kept, null members are left out, and so is what Azure refuses of items that
 * are sent back to it. Fails with `ERR_CONVERSION`.
 */
export function tidyResponsesRequest(params: JsonObject, keepsExtraBody = false): RequestDraft {
  const {metadata, extraBody} = keepsExtraBody
    ? {metadata: params['metadata'], extraBody: undefined}
    : takeExtraBody(params['metadata']);
  const draft: RequestDraft = {...params, metadata};
  for (const key in draft) if (draft[key] === null) draft[key] = undefined;
  if (Array.isArray(draft['input'])) draft['input'] = withoutStatus(draft['input'] as readonly JsonValue[]);
  return extraBody === undefined ? draft : {...draft, ...extraBody};
}

function takeExtraBody(given: JsonValue | undefined): Pick<MetadataParts, 'metadata' | 'extraBody'> {
  const problems = new ConversionProblems();
  const {problem, ...parts} = splitMetadata(given);
  if (problem !== undefined) problems.add('metadata.extra_body', problem);
  problems.throwIfAny('Responses');
  return parts;
}

/** Nothing is kept on the server unless the row asks for it; reasoning travels in the reply instead. */
function toResponsesBody(params: JsonObject, {capabilities, keepsExtraBody}: EncodeOptions): RequestDraft {
  const {reasoning, encryptedReasoning} = capabilities;
  const draft = tidyResponsesRequest(params, keepsExtraBody);
  draft['store'] ??= false;
  const reasons = encryptedReasoning && (reasoning || draft['reasoning'] !== undefined);
  if (reasons && draft['store'] === false) draft['include'] = withEncryptedReasoning(draft['include']);
  return draft;
}

const encryptedReasoning = 'reasoning.encrypted_content';

function withEncryptedReasoning(include: JsonValue | undefined): readonly JsonValue[] {
  const asked = asJsonArray(include);
  return asked.includes(encryptedReasoning) ? asked : [...asked, encryptedReasoning];
}

/** Azure refuses the `status` of messages and reasoning that are sent back to it. */
function withoutStatus(items: readonly JsonValue[]): readonly JsonValue[] {
  if (!items.some(hasRefusedStatus)) return items;
  return items.map((item) => (hasRefusedStatus(item) ? {...item, status: undefined} : item));
}

function hasRefusedStatus(item: JsonValue): item is JsonObject {
  if (!isJsonObject(item) || item['status'] === undefined) return false;
  return item['type'] === 'message' || item['type'] === 'reasoning';
}
