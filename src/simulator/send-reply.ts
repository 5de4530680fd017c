import type {ServerResponse} from 'node:http';
import type {Clock} from '../core/clock.ts';
import type {Frame, HeaderList, Reply, StreamReply, Timing, WholeReply} from './wire/reply.ts';

/**
 * Sends a reply when its time has come, by the clock that is given. A client that hangs up first stops the timers.
 * `headers` come before the reply's own.
 */
export function sendReply(
  reply: Reply,
  response: ServerResponse,
  {clock, headers}: {clock: Clock; headers: HeaderList},
): void {
  switch (reply.kind) {
    case 'whole':
      after(dueMs(reply.timing, reply.tokens), {clock, response}, () => sendWhole(reply, response, headers));
      return;
    case 'stream':
      sendStream(reply, response, {clock, headers});
      return;
    case 'reset':
      after(reply.afterMs, {clock, response}, () => response.socket?.resetAndDestroy());
      return;
    case 'hang':
      return;
  }
}

interface Outlet {
  readonly clock: Clock;
  readonly response: ServerResponse;
}

function after(delayMs: number, {clock, response}: Outlet, act: () => void): void {
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
  response: ServerResponse,
  {clock, headers}: {clock: Clock; headers: HeaderList},
): void {
  const streamHeaders = ['content-type', 'text/event-stream; charset=utf-8', 'x-accel-buffering', 'no'];
  const startedMs = clock.monotonic();
  let next = 0;
  const step = (): void => {
    const elapsedMs = clock.monotonic() - startedMs;
    const text = takeDue(elapsedMs);
    if (!response.headersSent) response.writeHead(status, [...headers, ...own, ...streamHeaders]);
    if (next >= frames.length) {
      finish(response, text, ending);
      return;
    }
    if (text !== '') response.write(text);
    wait(elapsedMs);
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
  const wait = (elapsedMs: number): void => {
    const frame = frames[next];
    const delayMs = frame === undefined ? 0 : frameDueMs(timing, frame) - elapsedMs;
    after(delayMs, {clock, response}, step);
  };
  wait(0);
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
