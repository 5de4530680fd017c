import {asJsonObject, type JsonObject} from '../core/json.ts';
import type {WireApi} from '../core/wire.ts';
import {toResponsesRequest} from '../protocol/chat-request-to-responses.ts';
import {toChatRequest} from '../protocol/responses-to-chat.ts';
import type {Capabilities} from './capabilities.ts';
import {tidyResponsesRequest} from './encode-request.ts';
import {fitRequest, type NoteChange, type RequestDraft} from './fit-request.ts';

export interface DoorRequestOptions {
  /** The protocol of the request. */
  readonly door: WireApi;
  /** Goes into the body whatever the client says. */
  readonly deployment: string;
  readonly capabilities: Capabilities;
  /** Whether a stream is asked for upstream. */
  readonly stream: boolean;
  readonly note: NoteChange;
}

/**
 * A client's request as its deployment takes it: of the deployment's API, with the deployment's name, without what it is
 * known to refuse. Nothing that the client did not ask for is added. Fails with `ERR_CONVERSION`.
 */
export function encodeDoorRequest(body: JsonObject, options: DoorRequestOptions): JsonObject {
  const {door, deployment, capabilities, note} = options;
  if (door === 'embeddings') return {...body, model: deployment};
  const draft = draftOf(capabilities, door, body);
  fitRequest(draft, capabilities, note);
  draft['model'] = deployment;
  settleStream(draft, body, options);
  return draft;
}

/** Whether a client wants events. */
export function wantsStream({stream}: JsonObject): boolean {
  return stream === true;
}

/** Whether a chat client asked for the token counts of its stream itself. */
export function asksStreamUsage(body: JsonObject): boolean {
  return asJsonObject(body['stream_options'])?.['include_usage'] === true;
}

/** A copy of the client's body in the deployment's API. */
function draftOf({api}: Capabilities, door: WireApi, body: JsonObject): RequestDraft {
  if (api === 'chat') return door === 'chat' ? {...body} : toChatRequest(body);
  return door === 'responses' ? tidyResponsesRequest(body) : toResponsesRequest(body);
}

function settleStream(draft: RequestDraft, body: JsonObject, options: DoorRequestOptions): void {
  const {capabilities, stream, note} = options;
  // What is wrong with a request for no stream is the service's to say.
  if (!wantsStream(body)) return;
  if (!stream) {
    draft['stream'] = undefined;
    draft['stream_options'] = undefined;
    return;
  }
  draft['stream'] = true;
  if (capabilities.api !== 'chat') return;
  if (capabilities.streamUsage) {
    draft['stream_options'] = {...asJsonObject(draft['stream_options']), include_usage: true};
  } else if (draft['stream_options'] != null) {
    draft['stream_options'] = undefined;
    note('stream_options is left out: the api-version does not know it');
  }
}
