import type {ServerResponse} from 'node:http';
import type {Clock} from '../../core/clock.ts';
import {cutConnection} from '../cut-connection.ts';
import type {RecordedReply} from '../record/exchange-record.ts';
import {filterHeaders} from '../record/passed-headers.ts';
import {simulatedHeader} from '../wire/reply-headers.ts';

/** Whether a replay takes the time that was recorded, or none. */
export type ReplayLatency = 'recorded' | 'none';

export interface SendRecordedOptions {
  readonly clock: Clock;
  readonly latency: ReplayLatency;
  /** A reply without a body may still tell its length. */
  readonly method: string;
}

/**
 * Sends a recorded reply again: status, headers, and the body in the pieces that it came in, each when its time has come.
 * What was cut is cut at the same byte. A client that leaves stops it.
 */
export function sendRecorded(
  reply: RecordedReply,
  response: ServerResponse,
  {clock, latency, method}: SendRecordedOptions,
): void {
  const startMs = clock.monotonic();
  const steps = stepsOf(reply, response, method);
  let next = 0;
  let stopTimer = (): void => undefined;
  const run = (): void => {
    for (let step = steps[next]; step !== undefined; step = steps[++next]) {
      const waitMs = latency === 'none' ? 0 : startMs + step.ms - clock.monotonic();
      if (waitMs > 0) {
        stopTimer = clock.setTimer(waitMs, run);
        return;
      }
      step.act();
    }
  };
  response.once('close', () => stopTimer());
  run();
}

interface Step {
  readonly ms: number;
  readonly act: () => void;
}

function stepsOf(reply: RecordedReply, response: ServerResponse, method: string): readonly Step[] {
  const {headersMs, chunks, ending} = reply;
  const writes = chunks.map(({ms, bytes}) => ({ms, act: () => void response.write(bytes)}));
  const head = {
    ms: headersMs,
    act: () => {
      writeHead(reply, response, method);
      response.flushHeaders();
    },
  };
  const end = ending === 'end' ? () => void response.end() : () => cutConnection(response);
  return [head, ...writes, {ms: writes.at(-1)?.ms ?? headersMs, act: end}];
}

function writeHead(reply: RecordedReply, response: ServerResponse, method: string): void {
  const headers = [...simulatedHeader, ...replayedHeaders(reply, method)];
  if (reply.statusText === undefined) response.writeHead(reply.status, headers);
  else response.writeHead(reply.status, reply.statusText, headers);
}

/** The recorded headers. The length of a body is told as it is, which may have been edited; that of a cut one as it should have been. */
function replayedHeaders({headers, chunks, ending}: RecordedReply, method: string): readonly string[] {
  const ownLength = ending === 'end' && method !== 'HEAD' && chunks.length > 0;
  const length = String(chunks.reduce((sum, {bytes}) => sum + bytes.length, 0));
  const kept = filterHeaders(headers, (name) => name !== simulatedHeader[0]);
  return kept.map((text, at) =>
    ownLength && at % 2 === 1 && kept[at - 1]?.toLowerCase() === 'content-length' ? length : text,
  );
}
