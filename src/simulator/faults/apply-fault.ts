import type {FaultKind, FaultSettings} from '../settings/simulator-settings.ts';
import {type Reply, type StreamReply, textReply, type WholeReply} from '../wire/reply.ts';
import {breakReply, truncate} from './break-reply.ts';
import {failInside} from './fail-inside.ts';
import {faultBody} from './fault-body.ts';
import {dropDone, malform, repeatFrame} from './spoil-frames.ts';

/**
 * What a kind of fault does: stands in for the reply, so that none is made, or spoils the one that was made. A kind that
 * can strike before or within the reply has both: where it does not stand in, it spoils.
 */
interface FaultEffect {
  readonly replace?: (fault: FaultSettings) => Reply | undefined;
  readonly spoil?: (reply: WholeReply | StreamReply, fault: FaultSettings) => Reply;
}

const effects: Readonly<Record<FaultKind, FaultEffect>> = {
  status: {replace: refuse},
  html: {
    replace: (fault) => late(textReply(fault.code, htmlPage(fault.code), {contentType: 'text/html'}), fault),
  },
  empty_body: {replace: (fault) => late(textReply(200, ''), fault)},
  reset: {
    replace: ({at, afterMs}) => (at === 0 ? {kind: 'reset', afterMs} : undefined),
    spoil: (reply, fault) => breakReply(reply, fault, {kind: 'reset'}),
  },
  half_close: {
    replace: ({at, afterMs}) => (at === 0 ? {kind: 'half-close', afterMs} : undefined),
    spoil: (reply, fault) => breakReply(reply, fault, {kind: 'half-close'}),
  },
  hang: {replace: ({afterMs}) => ({kind: 'hang', afterMs})},
  endless_headers: {
    replace: ({afterMs, intervalMs}) => ({kind: 'endless-head', afterMs, everyMs: intervalMs}),
  },
  truncate: {spoil: truncate},
  stall: {spoil: (reply, fault) => breakReply(reply, fault, {kind: 'silence'})},
  drip: {spoil: (reply, fault) => breakReply(reply, fault, {kind: 'drip', everyMs: fault.intervalMs})},
  endless_body: {spoil: flood},
  malformed_json: {spoil: malform},
  in_stream_error: {spoil: failInside},
  missing_done: {spoil: dropDone},
  dup_frame: {spoil: repeatFrame},
  split_utf8: {spoil: (reply) => ({...reply, isTorn: true})},
  wrong_length: {spoil: (reply, {excessBytes}) => ({...reply, lengthError: excessBytes})},
  interim: {spoil: (reply, {code}) => ({...reply, interimStatus: code})},
  slow: {spoil: slow},
};

/** The reply that a fault gives instead of the model's; undefined for a fault that spoils the model's own. */
export function replaceReply(fault: FaultSettings): Reply | undefined {
  return effects[fault.kind].replace?.(fault);
}

/** The reply as the fault leaves it. */
export function spoilReply(reply: Reply, fault: FaultSettings): Reply {
  const isMade = reply.kind === 'whole' || reply.kind === 'stream';
  return (isMade ? effects[fault.kind].spoil?.(reply, fault) : undefined) ?? reply;
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

/** What parsers pass over: white space behind a document, comments between events. */
function flood(reply: WholeReply | StreamReply, fault: FaultSettings): Reply {
  const filler = reply.kind === 'whole' ? ' ' : ': more is coming\n\n';
  return breakReply(reply, fault, {kind: 'flood', everyMs: fault.intervalMs, filler});
}

function slow(reply: WholeReply | StreamReply, {factor, afterMs}: FaultSettings): Reply {
  const {firstTokenMs, perTokenMs} = reply.timing;
  return {
    ...reply,
    timing: {firstTokenMs: firstTokenMs * factor + afterMs, perTokenMs: perTokenMs * factor},
  };
}

function htmlPage(code: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${code}</title></head><body><h1>${code}</h1><p>The page cannot be displayed because a gateway on the way answered instead of the service.</p></body></html>\n`;
}
