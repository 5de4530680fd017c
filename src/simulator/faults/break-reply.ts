import type {FaultSettings} from '../settings/simulator-settings.ts';
import type {BrokenEnd, Reply, StreamReply, WholeReply} from '../wire/reply.ts';

/** The reply as far as the fault lets it come; what happens then is `end`. */
export function breakReply(
  reply: WholeReply | StreamReply,
  {at}: FaultSettings,
  end: BrokenEnd,
): WholeReply | StreamReply {
  const after = reply.kind === 'stream' ? keptFrames(reply, at) : keptBytes(reply, at);
  return {...reply, broken: {after, end}};
}

/** Its beginning: the connection is cut, or ends as if that were all. */
export function truncate(reply: WholeReply | StreamReply, fault: FaultSettings): Reply {
  if (!fault.clean) return breakReply(reply, fault, {kind: 'cut'});
  if (reply.kind === 'stream') return {...reply, frames: reply.frames.slice(0, keptFrames(reply, fault.at))};
  return {...reply, body: reply.body.slice(0, keptShare(reply.body.length, fault.at))};
}

/** At least one frame stays, and at least the last two go: the one that ends the answer is among them. */
export function keptFrames({frames}: StreamReply, share: number): number {
  return Math.max(1, Math.min(frames.length - 2, Math.floor(frames.length * share)));
}

function keptBytes({body}: WholeReply, share: number): number {
  return keptShare(Buffer.byteLength(body), share);
}

function keptShare(length: number, share: number): number {
  return Math.max(0, Math.min(length - 1, Math.floor(length * share)));
}
