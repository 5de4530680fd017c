/** Header names and values in turn, as `ServerResponse.writeHead` takes them. */
export type HeaderList = readonly string[];

/** How long the parts of a reply take: the first token, then each further one. Milliseconds. */
export interface Timing {
  readonly firstTokenMs: number;
  readonly perTokenMs: number;
}

/** A piece of a streamed reply, with the completion tokens that were made when it is sent. */
export interface Frame {
  readonly text: string;
  readonly tokens: number;
}

/** A body sent in one piece after `tokens` tokens. `sendBytes`: cut the connection after so many bytes of it. */
export interface WholeReply {
  readonly kind: 'whole';
  readonly status: number;
  readonly contentType: string;
  readonly headers: HeaderList;
  readonly body: string;
  readonly tokens: number;
  readonly timing: Timing;
  readonly sendBytes?: number | undefined;
}

/** Server-sent events. `ending` tells what follows the last frame: the end of the body, or a cut connection. */
export interface StreamReply {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: HeaderList;
  readonly frames: readonly Frame[];
  readonly timing: Timing;
  readonly ending: 'end' | 'cut';
}

/** No reply: the connection is reset after a while, or kept open in silence. */
interface DroppedReply {
  readonly kind: 'reset' | 'hang';
  readonly afterMs: number;
}

export type Reply = WholeReply | StreamReply | DroppedReply;

const immediate: Timing = {firstTokenMs: 0, perTokenMs: 0};

/** A JSON body that is ready at once. */
export function jsonReply(status: number, body: unknown, headers: HeaderList = []): WholeReply {
  return textReply(status, JSON.stringify(body), {headers});
}

/** Any body that is ready at once. */
export function textReply(
  status: number,
  body: string,
  {contentType = 'application/json', headers = []}: {contentType?: string; headers?: HeaderList} = {},
): WholeReply {
  return {kind: 'whole', status, contentType, headers, body, tokens: 0, timing: immediate};
}
