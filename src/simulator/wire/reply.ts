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

/**
 * How a reply ends that does not end as HTTP has it, after the part of it that is sent:
 * `cut`: the connection is closed, `reset`: with a reset, `half-close`: for writing only, `silence`: it stays open and nothing comes,
 * `drip`: the rest comes a byte at a time, `flood`: filler comes for ever.
 */
export type BrokenEnd =
  | {readonly kind: 'cut' | 'reset' | 'half-close' | 'silence'}
  | {readonly kind: 'drip'; readonly everyMs: number}
  | {readonly kind: 'flood'; readonly everyMs: number; readonly filler: string};

/** What can go wrong with the sending of a reply. */
interface Mishaps {
  /** So many bytes of a body, or frames of a stream, are sent; then this. */
  readonly broken?: {readonly after: number; readonly end: BrokenEnd} | undefined;
  /** The body is announced as so many bytes longer than it is; negative: shorter. */
  readonly lengthError?: number | undefined;
  /** The body is sent in pieces that end inside its characters. */
  readonly isTorn?: boolean | undefined;
  /** A reply of this status that is not the final one comes before it. */
  readonly interimStatus?: number | undefined;
}

/** A body sent in one piece after `tokens` tokens. */
export interface WholeReply extends Mishaps {
  readonly kind: 'whole';
  readonly status: number;
  readonly contentType: string;
  readonly headers: HeaderList;
  readonly body: string;
  readonly tokens: number;
  readonly timing: Timing;
}

/** Server-sent events. */
export interface StreamReply extends Mishaps {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: HeaderList;
  readonly frames: readonly Frame[];
  readonly timing: Timing;
}

/**
 * No reply, after a while: the connection is reset, closed for writing, or kept open in silence; or a head that never ends,
 * a line every `everyMs`.
 */
type DroppedReply =
  | {readonly kind: 'reset' | 'half-close' | 'hang'; readonly afterMs: number}
  | {readonly kind: 'endless-head'; readonly afterMs: number; readonly everyMs: number};

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
