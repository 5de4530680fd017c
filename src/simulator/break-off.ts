import type {ServerResponse} from 'node:http';
import type {Clock} from '../core/clock.ts';
import {halfClose, resetConnection} from './cut-connection.ts';
import type {BrokenEnd} from './wire/reply.ts';

/** Where a reply goes, and by whose time. */
export interface Outlet {
  readonly clock: Clock;
  readonly response: ServerResponse;
}

/** Ends a reply that has begun in another way than HTTP's; `rest` is what is left of it. */
export function breakOff(end: BrokenEnd, rest: Buffer, outlet: Outlet): void {
  const {response} = outlet;
  switch (end.kind) {
    case 'cut':
      response.socket?.destroy();
      return;
    case 'reset':
      resetConnection(response);
      return;
    case 'half-close':
      halfClose(response);
      return;
    case 'silence':
      return;
    case 'drip':
      drip(rest, end.everyMs, outlet);
      return;
    case 'flood':
      flood(end.filler, end.everyMs, outlet);
      return;
  }
}

/** Writes the beginning of a reply's head, and lines of it for ever. */
export function sendEndlessHead(everyMs: number, outlet: Outlet): void {
  const {socket} = outlet.response;
  socket?.write('HTTP/1.1 200 OK\r\n');
  let lines = 0;
  trickle(
    (written) => socket?.write(`x-filler-${String(++lines)}: ${'-'.repeat(64)}\r\n`, written),
    everyMs,
    outlet,
  );
}

function drip(rest: Buffer, everyMs: number, outlet: Outlet): void {
  const {response} = outlet;
  let at = 0;
  trickle(
    (written) => {
      if (at < rest.length) response.write(rest.subarray(at, ++at), written);
      else response.end();
    },
    everyMs,
    outlet,
  );
}

// What is sent as fast as it is read is sent in pieces of this size.
const floodBytes = 65_536;

function flood(filler: string, everyMs: number, {clock, response}: Outlet): void {
  const piece = everyMs > 0 ? filler : filler.repeat(Math.ceil(floodBytes / filler.length));
  trickle((written) => void response.write(piece, written), everyMs, {clock, response});
}

type Written = (error?: Error | null) => void;

/** Writes a piece every `everyMs`, no faster than the client reads, until `write` calls back no more or the client leaves. */
function trickle(write: (written: Written) => void, everyMs: number, {clock, response}: Outlet): void {
  let stopTimer = (): void => undefined;
  let isOver = false;
  response.once('close', () => {
    isOver = true;
    stopTimer();
  });
  const next = (): void => {
    write((error) => {
      if (error != null || isOver) return;
      if (everyMs > 0) stopTimer = clock.setTimer(everyMs, next);
      else next();
    });
  };
  if (everyMs > 0) stopTimer = clock.setTimer(everyMs, next);
  else next();
}
