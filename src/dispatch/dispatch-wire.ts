import type {Cancellation} from '../core/cancellation.ts';
import {watchChunks} from '../core/watch-chunks.ts';
import type {WireAnswer, WireModel, WireRequest} from '../core/wire.ts';
import type {DispatchTerms} from './dispatch-model.ts';
import type {Dispatcher, ExchangeOptions} from './dispatcher.ts';

/** Answers as a `WireModel` does, at the deployment that the options say. */
export type MemberWire = (request: WireRequest, options: ExchangeOptions) => Promise<WireAnswer>;

/**
 * The same model, admitted and retried by `dispatcher`, with every exchange and all waiting in its trace. An answer that
 * is a stream keeps its place until its last byte has passed, its reader has left it, or it is cancelled; nothing is
 * tried again once it has begun. Where a cool-down or a quota that is used up means to wait for longer than the dispatcher
 * may, it fails at once.
 */
export function dispatchWire(
  model: MemberWire,
  dispatcher: Dispatcher,
  {priority, tokensOf, affinityOf}: DispatchTerms<WireRequest>,
): WireModel {
  return async (request, {cancellation}) => {
    const {value, calls, queuedMs, callMs} = await dispatcher.dispatch(
      async (options) => watchAnswer(await model(request, options), cancellation),
      {
        cancellation,
        priority,
        // Which copy of a stream will be at its end first nobody can tell when one begins.
        mayHedge: request.body['stream'] !== true,
        holdWhile: ({over}) => over,
        failsInCoolDown: true,
        tokens: tokensOf && (() => tokensOf(request)),
        affinityKey: affinityOf && (() => affinityOf(request)),
        limitsOf: ({answer}) => answer.trace.rateLimits,
      },
    );
    return {...value.answer, trace: {...value.answer.trace, calls, queuedMs, callMs}};
  };
}

/** An answer that tells when it is over; one that is whole has nothing to tell. */
export interface WatchedAnswer {
  readonly answer: WireAnswer;
  /** Settles, and never fails, when the stream is read, has failed, is left or is cancelled. */
  readonly over: Promise<void> | undefined;
}

/** Watches an answer's stream to its end, whatever end that is. */
export function watchAnswer(answer: WireAnswer, cancellation: Cancellation): WatchedAnswer {
  const {content} = answer;
  if (content.kind === 'body') return {answer, over: undefined};
  let tell: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (tell = resolve));
  const finish = (): void => {
    stopListening();
    tell();
  };
  const chunks = watchChunks(content.chunks, finish);
  // Called off before anybody reads: the stream itself will never say so.
  let stopListening: () => void = () => undefined;
  stopListening = cancellation.onCancel(finish);
  return {answer: {...answer, content: {kind: 'events', chunks}}, over};
}
