import type {JsonObject} from '../../core/json.ts';
import type {ModelOperation} from '../checks/route.ts';
import type {Call} from '../generation/call.ts';
import type {Generation} from '../generation/generation.ts';
import {timingOf} from '../generation/latency.ts';
import {rateLimitHeaders, utilizationHeader} from '../limits/rate-limit-replies.ts';
import type {Admission} from '../limits/rate-limiter.ts';
import {chatCompletion} from './chat-reply.ts';
import {chatFrames} from './chat-stream.ts';
import {embeddingList} from './embeddings-reply.ts';
import {jsonReply, type StreamReply, type WholeReply} from './reply.ts';
import {finishedResponse} from './responses-reply.ts';
import {responseFrames} from './responses-stream.ts';

export interface ReplyContext {
  /** Unix seconds. */
  readonly created: number;
  readonly admission: Admission | undefined;
  /** Of provisioned throughput. */
  readonly utilization: number | undefined;
}

/** What the model made, in the shape of the operation: whole or streamed, with its latency and quota headers. */
export function generatedReply(
  call: Call,
  generation: Generation,
  {created, admission, utilization}: ReplyContext,
): WholeReply | StreamReply {
  const {limits} = call.deployment.settings;
  const headers = [
    ...(admission === undefined ? [] : rateLimitHeaders(admission, limits)),
    ...utilizationHeader(utilization),
  ];
  const timing = timingOf(call);
  if (call.stream) {
    const frames =
      call.operation === 'chat'
        ? chatFrames(call, generation, created)
        : responseFrames(call, generation, created);
    return {kind: 'stream', status: 200, headers, frames, timing};
  }
  const body = bodyMakers[call.operation](call, generation, created);
  return {...jsonReply(200, body, headers), tokens: generation.completionTokens, timing};
}

type BodyMaker = (call: Call, generation: Generation, created: number) => JsonObject;

const bodyMakers: Readonly<Record<ModelOperation, BodyMaker>> = {
  chat: chatCompletion,
  responses: finishedResponse,
  embeddings: embeddingList,
};
