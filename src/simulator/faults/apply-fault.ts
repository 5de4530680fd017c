import type {FaultKind, FaultSettings} from '../settings/simulator-settings.ts';
import {type Reply, type StreamReply, type Timing, textReply, type WholeReply} from '../wire/reply.ts';
import {faultBody} from './fault-body.ts';

/** What a kind of fault does: stands in for the reply, so that none is made, or spoils the one that was made. */
type FaultEffect =
  | {readonly replace: (fault: FaultSettings) => Reply}
  | {readonly spoil: (reply: WholeReply | StreamReply, fault: FaultSettings) => Reply};

const effects: Readonly<Record<FaultKind, FaultEffect>> = {
  status: {replace: refuse},
  html: {
    replace: (fault) => late(textReply(fault.code, htmlPage(fault.code), {contentType: 'text/html'}), fault),
  },
  empty_body: {replace: (fault) => late(textReply(200, ''), fault)},
  reset: {replace: ({afterMs}) => ({kind: 'reset', afterMs})},
  hang: {replace: ({afterMs}) => ({kind: 'hang', afterMs})},
  truncate: {spoil: truncate},
  malformed_json: {spoil: malform},
  slow: {spoil: slow},
};

/** The reply that a fault gives instead of the model's; undefined for a fault that spoils the model's own. */
export function replaceReply(fault: FaultSettings): Reply | undefined {
  const effect = effects[fault.kind];
  return 'replace' in effect ? effect.replace(fault) : undefined;
}

/** The reply as the fault leaves it. */
export function spoilReply(reply: Reply, fault: FaultSettings): Reply {
  const effect = effects[fault.kind];
  return 'spoil' in effect && (reply.kind === 'whole' || reply.kind === 'stream')
    ? effect.spoil(reply, fault)
    : reply;
}

function refuse(fault: FaultSettings): Reply {
  const {code, body, headers, retryAfterMs} = fault;
  const waits =
    retryAfterMs === undefined
      ? []
      : ['retry-after', String(Math.ceil(retryAfterMs / 1_000)), 'retry-after-ms', String(retryAfterMs)];
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? faultBody(code));
  const reply = textReply(code, text, {
    contentType: typeof body === 'string' ? 'text/plain' : 'application/json',
    headers: [...waits, ...Object.entries(headers).flat()],
  });
  return late(reply, fault);
}

function late(reply: WholeReply, {afterMs}: FaultSettings): WholeReply {
  return {...reply, timing: {firstTokenMs: afterMs, perTokenMs: 0}};
}

function truncate(reply: WholeReply | StreamReply, {at, clean}: FaultSettings): Reply {
  if (reply.kind === 'stream') {
    const frames = reply.frames.slice(0, keptFrames(reply, at));
    return {...reply, frames, ending: clean ? 'end' : 'cut'};
  }
  const kept = Math.min(reply.body.length - 1, Math.floor(reply.body.length * at));
  const body = reply.body.slice(0, kept);
  return clean ? {...reply, body} : {...reply, sendBytes: Buffer.byteLength(body)};
}

/** A body, or one frame of a stream, without its closing brace. */
function malform(reply: WholeReply | StreamReply, {at}: FaultSettings): Reply {
  if (reply.kind === 'whole') return {...reply, body: `${reply.body.slice(0, -1)},`};
  const broken = keptFrames(reply, at);
  const frames = reply.frames.map((frame, index) =>
    index === broken ? {...frame, text: frame.text.replace(/\}\n\n$/, ',\n\n')} : frame,
  );
  return {...reply, frames};
}

function slow(reply: WholeReply | StreamReply, {factor, afterMs}: FaultSettings): Reply {
  const timing: Timing = {
    firstTokenMs: reply.timing.firstTokenMs * factor + afterMs,
    perTokenMs: reply.timing.perTokenMs * factor,
  };
  return {...reply, timing};
}

/** At least one frame stays, and at least the last goes. */
function keptFrames({frames}: StreamReply, share: number): number {
  return Math.max(1, Math.min(frames.length - 2, Math.floor(frames.length * share)));
}

function htmlPage(code: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${code}</title></head><body><h1>${code}</h1><p>The page cannot be displayed because a gateway on the way answered instead of the service.</p></body></html>\n`;
}
