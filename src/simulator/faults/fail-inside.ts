import {asJsonObject, type JsonObject} from '../../core/json.ts';
import type {FaultSettings} from '../settings/simulator-settings.ts';
import type {Frame, Reply, StreamReply, WholeReply} from '../wire/reply.ts';
import {keptFrames} from './break-reply.ts';
import {faultBody} from './fault-body.ts';

/** A success that has an error in it: in place of a stream's rest, or as the body. */
export function failInside(reply: WholeReply | StreamReply, fault: FaultSettings): Reply {
  const error = errorOf(fault);
  if (reply.kind === 'whole') return {...reply, body: JSON.stringify({error})};
  const kept = keptFrames(reply, fault.at);
  const tokens = reply.frames[kept]?.tokens ?? 0;
  const failed = errorTexts(reply, kept, error).map((text): Frame => ({text, tokens}));
  return {...reply, frames: [...reply.frames.slice(0, kept), ...failed]};
}

// As seen in a stream of Responses.
const rateLimitExceeded: JsonObject = {
  type: 'too_many_requests',
  code: 'rate_limit_exceeded',
  message: 'Your requests to the deployment have exceeded rate limit.',
  headers: {'x-ms-fe-error': 'true'},
  param: null,
};

function errorOf({code, body}: FaultSettings): JsonObject {
  const given = asJsonObject(body);
  if (given !== undefined) return asJsonObject(given['error']) ?? given;
  if (code === 429) return rateLimitExceeded;
  const usual = faultBody(code);
  return asJsonObject(usual['error']) ?? usual;
}

/** Azure fails a response without saying why, and says it in the next event; a chat stream has the error in a frame. */
function errorTexts({frames}: StreamReply, sequence: number, error: JsonObject): readonly string[] {
  const created = /^event: response\.created\ndata: (.*)\n\n$/.exec(frames[0]?.text ?? '')?.[1];
  if (created === undefined) return [`data: ${JSON.stringify({error})}\n\n`];
  const begun = asJsonObject((JSON.parse(created) as JsonObject)['response']);
  const response = {...begun, status: 'failed', error: null};
  return [
    eventText('response.failed', {sequence_number: sequence, response}),
    eventText('error', {sequence_number: sequence + 1, error}),
  ];
}

function eventText(type: string, rest: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({type, ...rest})}\n\n`;
}
