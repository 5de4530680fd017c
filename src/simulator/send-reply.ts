import type {ServerResponse} from 'node:http';
import type {Clock} from '../core/clock.ts';
import {resetConnection} from './cut-connection.ts';
import type {Frame, HeaderList, Reply, StreamReply, Timing, WholeReply} from './wire/reply.ts';

export interface SendOptions {
  readonly clock: Clock;
  /** Come before the reply's own. */
  readonly headers: HeaderList;
  /** When the request was there, on the monotonic clock: what latency counts from. Now, if left out. */
  readonly arrivedMs?: number | undefined;
}

/**
 * Sends a reply when its time has come, by the clock that is given. A client that hangs up first stops the timers.
 */
export function sendReply(
  reply: Reply,
  response: ServerResponse,
  {clock, headers, arrivedMs = clock.monotonic()}: SendOptions,
): void {
  const outlet: Outlet = {clock, response, arrivedMs};
  switch (reply.kind) {
    case 'whole':
      atAge(dueMs(reply.timing, reply.tokens), outlet, () => sendWhole(reply, response, headers));
      return;
    case 'stream':
      sendStream(reply, outlet, headers);
      return;
    case 'reset':
      atAge(reply.afterMs, outlet, () => resetConnection(response));
      return;
    case 'hang':
      return;
  }
}

interface Outlet {
  readonly clock: Clock;
  readonly response: ServerResponse;
  readonly arrivedMs: number;
}

/** Acts when the request is `ageMs` old. */
function atAge(ageMs: number, {clock, response, arrivedMs}: Outlet, act: () => void): void {
  const delayMs = ageMs <= 0 ? 0 : arrivedMs + ageMs - clock.monotonic();
  if (delayMs <= 0) {
    act();
    return;
  }
  const stopTimer = clock.setTimer(delayMs, () => {
    response.off('close', stopTimer);
    act();
  });
  response.once('close', stopTimer);
}

function sendWhole(
  {status, contentType, headers: own, body, sendBytes}: WholeReply,
  response: ServerResponse,
  headers: HeaderList,
): void {
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, [...headers, ...own, 'content-type', contentType, 'content-length', length]);
  if (sendBytes === undefined) {
    response.end(body);
    return;
  }
  // Destroyed once the part is with the system, so that the client sees it before the connection ends.
  response.write(Buffer.from(body).subarray(0, sendBytes), () => response.socket?.destroy());
}

function sendStream(
  {frames, timing, status, headers: own, ending}: StreamReply,
  outlet: Outlet,
  headers: HeaderList,
): void {
  const {clock, response, arrivedMs} = outlet;
  const streamHeaders = ['content-type', 'text/event-stream; charset=utf-8', 'x-accel-buffering', 'no'];
  let next = 0;
  const step = (): void => {
    const elapsedMs = clock.monotonic() - arrivedMs;
    const text = takeDue(elapsedMs);
    if (!response.headersSent) response.writeHead(status, [...headers, ...own, ...streamHeaders]);
    if (next >= frames.length) {
      finish(response, text, ending);
      return;
    }
    if (text !== '') response.write(text);
    waitForNext();
  };
  const takeDue = (elapsedMs: number): string => {
    let text = '';
    for (
      let frame = frames[next];
      frame !== undefined && frameDueMs(timing, frame) <= elapsedMs;
      frame = frames[++next]
    ) {
      text += frame.text;
    }
    return text;
  };
  const waitForNext = (): void => {
    const frame = frames[next];
    atAge(frame === undefined ? 0 : frameDueMs(timing, frame), outlet, step);
  };
  waitForNext();
}

function finish(response: ServerResponse, text: string, ending: StreamReply['ending']): void {
  if (ending === 'end') response.end(text);
  else response.write(text === '' ? ':\n\n' : text, () => response.socket?.destroy());
}

function frameDueMs(timing: Timing, {tokens}: Frame): number {
  return dueMs(timing, tokens);
}

function dueMs({firstTokenMs, perTokenMs}: Timing, tokens: number): number {
  return firstTokenMs + perTokenMs * tokens;
}
