import {type ServerResponse, STATUS_CODES} from 'node:http';
import type {Clock} from '../core/clock.ts';
import {breakOff, type Outlet, sendEndlessHead} from './break-off.ts';
import {halfClose, resetConnection} from './cut-connection.ts';
import {tearText} from './tear-text.ts';
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
  const outlet: TimedOutlet = {clock, response, arrivedMs};
  switch (reply.kind) {
    case 'whole':
      atAge(dueMs(reply.timing, reply.tokens), outlet, () => sendWhole(reply, outlet, headers));
      return;
    case 'stream':
      sendStream(reply, outlet, headers);
      return;
    case 'reset':
      atAge(reply.afterMs, outlet, () => resetConnection(response));
      return;
    case 'half-close':
      atAge(reply.afterMs, outlet, () => halfClose(response));
      return;
    case 'endless-head':
      atAge(reply.afterMs, outlet, () => sendEndlessHead(reply.everyMs, outlet));
      return;
    case 'hang':
      return;
  }
}

interface TimedOutlet extends Outlet {
  readonly arrivedMs: number;
}

/** Acts when the request is `ageMs` old. */
function atAge(ageMs: number, {clock, response, arrivedMs}: TimedOutlet, act: () => void): void {
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

function sendWhole(reply: WholeReply, outlet: Outlet, headers: HeaderList): void {
  const {status, contentType, headers: own, body, broken, isTorn = false} = reply;
  const {response} = outlet;
  sendInterim(reply, response);
  // Without a length the pieces stay what they are, each a chunk of its own, and filler may follow for ever.
  const length = isTorn || broken?.end.kind === 'flood' ? [] : lengthHeader(body, reply);
  response.writeHead(status, [...headers, ...own, 'content-type', contentType, ...length]);
  if (broken === undefined) {
    if (isTorn) write(body, reply, response);
    response.end(isTorn ? undefined : body);
    return;
  }
  const bytes = Buffer.from(body);
  // Once the part is with the system, so that the client sees it before the connection ends.
  response.write(bytes.subarray(0, broken.after), () =>
    breakOff(broken.end, bytes.subarray(broken.after), outlet),
  );
}

function lengthHeader(text: string, {lengthError = 0}: WholeReply | StreamReply): HeaderList {
  return ['content-length', String(Math.max(0, Buffer.byteLength(text) + lengthError))];
}

function sendInterim({interimStatus}: WholeReply | StreamReply, {socket}: ServerResponse): void {
  if (interimStatus === undefined) return;
  socket?.write(`HTTP/1.1 ${String(interimStatus)} ${STATUS_CODES[interimStatus] ?? 'Interim'}\r\n\r\n`);
}

function write(text: string, {isTorn = false}: WholeReply | StreamReply, response: ServerResponse): void {
  if (!isTorn) response.write(text);
  else for (const piece of tearText(text)) response.write(piece);
}

function sendStream(reply: StreamReply, outlet: TimedOutlet, headers: HeaderList): void {
  const {frames, timing, broken} = reply;
  const {clock, response, arrivedMs} = outlet;
  const last = broken === undefined ? frames.length : broken.after;
  let next = 0;
  const step = (): void => {
    const elapsedMs = clock.monotonic() - arrivedMs;
    const text = takeDue(elapsedMs);
    if (!response.headersSent) sendStreamHead(reply, response, headers);
    if (next >= last) {
      endStream(reply, text, outlet);
      return;
    }
    if (text !== '') write(text, reply, response);
    waitForNext();
  };
  const takeDue = (elapsedMs: number): string => {
    let text = '';
    for (
      let frame = frames[next];
      frame !== undefined && next < last && dueMs(timing, frame.tokens) <= elapsedMs;
      frame = frames[++next]
    ) {
      text += frame.text;
    }
    return text;
  };
  const waitForNext = (): void => {
    const frame = next < last ? frames[next] : undefined;
    atAge(frame === undefined ? 0 : dueMs(timing, frame.tokens), outlet, step);
  };
  waitForNext();
}

function sendStreamHead(reply: StreamReply, response: ServerResponse, headers: HeaderList): void {
  const own = ['content-type', 'text/event-stream; charset=utf-8', 'x-accel-buffering', 'no'];
  const length = reply.lengthError === undefined ? [] : lengthHeader(textOf(reply.frames), reply);
  sendInterim(reply, response);
  response.writeHead(reply.status, [...headers, ...reply.headers, ...own, ...length]);
}

function endStream(reply: StreamReply, text: string, outlet: Outlet): void {
  const {broken, isTorn, frames} = reply;
  const {response} = outlet;
  if (broken === undefined) {
    if (isTorn === true) write(text, reply, response);
    response.end(isTorn === true ? undefined : text);
    return;
  }
  const rest = Buffer.from(textOf(frames.slice(broken.after)));
  response.write(text === '' ? ':\n\n' : text, () => breakOff(broken.end, rest, outlet));
}

function textOf(frames: readonly Frame[]): string {
  return frames.map(({text}) => text).join('');
}

function dueMs({firstTokenMs, perTokenMs}: Timing, tokens: number): number {
  return firstTokenMs + perTokenMs * tokens;
}
