import type {WireAnswer, WireApi} from '../../core/wire.ts';
import type {RequestNotes, ServiceReply} from '../http/service.ts';

/**
 * A deployment's answer as a route's reply: whole bodies and events as they come, with the service's headers. What the
 * answer tells about itself goes into `notes`, for events after the last one.
 */
export function toWireReply({api, answer, notes}: WireReplyOptions): ServiceReply {
  const {content, headers, trace, facts} = answer;
  notes.deployment = trace.deployment;
  notes.calls = trace.calls;
  notes.queuedMs = trace.queuedMs;
  notes.upstreamRequestId = trace.requestId;
  const noteFacts = (): void => {
    notes.responseModel = facts.responseModel;
    notes.inputTokens = facts.inputTokens;
    notes.outputTokens = facts.outputTokens;
    notes.error ??= facts.errorCode;
  };
  if (content.kind === 'events') {
    const isAnswer = (chunk: Uint8Array): boolean => beginsAnswer(api, chunk);
    return {headers, body: {events: content.chunks, isAnswer, onEnd: noteFacts}};
  }
  noteFacts();
  return {headers, body: {bytes: content.bytes}};
}

export interface WireReplyOptions {
  readonly api: WireApi;
  readonly answer: WireAnswer;
  readonly notes: RequestNotes;
}

/** Whether a chunk of a stream has something of the answer: Azure's first ones only tell filters and the role. */
function beginsAnswer(api: WireApi, chunk: Uint8Array): boolean {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
  return (api === 'responses' ? responsesDelta : chatDelta).test(text);
}

const responsesDelta = /"type": ?"response\.[a-z_.]*delta"/;
const chatDelta = /"(?:content|refusal|reasoning_content|arguments)": ?"(?!")|"tool_calls": ?\[\{/;
