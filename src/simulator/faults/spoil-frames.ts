import type {FaultSettings} from '../settings/simulator-settings.ts';
import type {Frame, Reply, StreamReply, WholeReply} from '../wire/reply.ts';
import {keptFrames} from './break-reply.ts';

/** A body, or one frame of a stream, without its closing brace. */
export function malform(reply: WholeReply | StreamReply, {at}: FaultSettings): Reply {
  if (reply.kind === 'whole') return {...reply, body: `${reply.body.slice(0, -1)},`};
  const broken = keptFrames(reply, at);
  return changeFrames(reply, (frame, index) =>
    index === broken ? [{...frame, text: frame.text.replace(/\}\n\n$/, ',\n\n')}] : [frame],
  );
}

/** One frame of a stream comes twice. */
export function repeatFrame(reply: WholeReply | StreamReply, {at}: FaultSettings): Reply {
  if (reply.kind === 'whole') return reply;
  const repeated = Math.min(reply.frames.length - 1, Math.floor(reply.frames.length * at));
  return changeFrames(reply, (frame, index) => (index === repeated ? [frame, frame] : [frame]));
}

/** A chat stream without its `[DONE]`; Responses have none. */
export function dropDone(reply: WholeReply | StreamReply): Reply {
  if (reply.kind === 'whole') return reply;
  return changeFrames(reply, (frame) => (frame.text.includes('data: [DONE]') ? [] : [frame]));
}

function changeFrames(
  reply: StreamReply,
  change: (frame: Frame, index: number) => readonly Frame[],
): StreamReply {
  return {...reply, frames: reply.frames.flatMap(change)};
}
