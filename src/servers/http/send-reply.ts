import type {ServerResponse} from 'node:http';
import type {Clock} from '../../core/clock.ts';
import {CancelledError} from '../../core/errors.ts';
import {writeExactJson} from '../../core/exact-json.ts';
import type {Exchange} from './exchange.ts';
import {type FlowControl, flushed, sendChunks} from './send-chunks.ts';
import type {ServiceEvents, ServiceReply} from './service.ts';

/** Sends a route's answer and resolves when it is handed over. Fails, with the connection ended, when its events do. */
export async function sendReply(exchange: Exchange, reply: ServiceReply, clock: Clock): Promise<void> {
  const {response, cancellation} = exchange;
  const {status = 200, body, contentType, headers} = reply;
  if ('events' in body) {
    await sendEvents(exchange, reply, {events: body, clock});
    return;
  }
  if (response.destroyed) throw cancellation.reason ?? new CancelledError('the client went away');
  const content = 'json' in body ? writeExactJson(body.json) : body.bytes;
  response.writeHead(status, {
    ...headers,
    'content-type': contentType ?? 'application/json',
    'content-length': Buffer.byteLength(content),
  } as Record<string, string | number | string[]>);
  response.end(content);
  await flushed(response, {clock, cancellation});
}

interface EventsContext {
  readonly events: ServiceEvents;
  readonly clock: Clock;
}

async function sendEvents(
  exchange: Exchange,
  {status = 200, contentType, headers}: ServiceReply,
  {events: {events, isAnswer, onEnd}, clock}: EventsContext,
): Promise<void> {
  const {response, cancellation} = exchange;
  const flow: FlowControl = {clock, cancellation};
  let isWaiting = true;
  const onChunk = (chunk: Uint8Array): void => {
    if (!isWaiting || isAnswer?.(chunk) === false) return;
    isWaiting = false;
    exchange.noteFirstToken();
  };
  try {
    beginEvents(response, status, {
      ...headers,
      'content-type': contentType ?? 'text/event-stream; charset=utf-8',
    });
    await sendChunks(response, events, {...flow, onChunk});
    response.end();
    await flushed(response, flow);
  } finally {
    onEnd?.();
  }
}

function beginEvents(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | readonly string[]>>,
): void {
  response.writeHead(status, {
    ...headers,
    'cache-control': 'no-cache',
    // Tells proxies such as nginx to pass each event on as it comes.
    'x-accel-buffering': 'no',
  } as Record<string, string | string[]>);
  // A client learns at once that its request was taken.
  response.flushHeaders();
}
