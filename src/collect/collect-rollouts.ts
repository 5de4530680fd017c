import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import {CallError, CancelledError} from '../core/errors.ts';
import type {DispatchJournal, RolloutRunner, Sink} from '../core/ports.ts';
import type {Outcome, Rollout} from '../core/rollout.ts';
import {forEachConcurrent} from './for-each-concurrent.ts';
import {Refusals} from './refusals.ts';

export interface CollectOptions {
  /** Rollouts in flight at most; a function is asked again for each of them. */
  readonly concurrency: number | (() => number);
  /** Has it asked again at other times too; returns the way to end that. */
  readonly onConcurrencyChange?: ((tell: () => void) => () => void) | undefined;
  /** An earlier run with these settings got answers: what is refused now is a row, not a setting. */
  readonly answeredBefore: boolean;
  /** Cancelled: start nothing more, let what runs end. */
  readonly drain: Cancellation;
  /** Cancelled: cut off what runs; nothing is recorded for it. */
  readonly abort: Cancellation;
}

export interface CollectPorts {
  readonly runnerOf: (agentName: string) => RolloutRunner;
  readonly sink: Sink;
  /** Told of each rollout before its first call. */
  readonly dispatched?: DispatchJournal | undefined;
}

/** Told what happens, as it happens: progress, summary and metrics listen here. */
export interface CollectObserver {
  readonly onStart: (rollout: Rollout) => void;
  /** Called for a rollout that has no outcome, since the drain came before anything came of it. */
  readonly onCalledOff?: ((rollout: Rollout) => void) | undefined;
  /** Called once the sink has taken the outcome. */
  readonly onOutcome: (outcome: Outcome) => void;
}

/** How a collection ended. `refused`: no call can succeed, or the endpoint or its quota is gone; the error says which. */
export type CollectEnd =
  | {readonly kind: 'complete' | 'drained' | 'aborted'}
  | {readonly kind: 'refused'; readonly error: CallError};

/**
 * Runs every rollout that is owed to its outcome and hands that to the sink, in order of completion.
 * A failed rollout never ends it; a failing sink or source, or a bug, is thrown after what runs was cut off.
 */
export async function collectRollouts(
  owed: AsyncIterable<Rollout>,
  options: CollectOptions,
  {runnerOf, sink, dispatched}: CollectPorts,
  observer: CollectObserver,
): Promise<CollectEnd> {
  const stop = new CancellationSource(options.abort);
  const pulling = new CancellationSource(options.drain);
  stop.onCancel((reason) => pulling.cancel(reason));
  const refusals = new Refusals(options.answeredBefore);

  const collectOne = async (rollout: Rollout): Promise<void> => {
    observer.onStart(rollout);
    try {
      const runner = runnerOf(rollout.agentName);
      if (dispatched !== undefined) await dispatched.begin(rollout);
      const outcome = await runner(rollout, {cancellation: stop});
      throwIfRunEnds(outcome);
      for (const recordable of refusals.sift(outcome)) {
        const written = sink.write(recordable);
        if (written !== undefined) await written;
        observer.onOutcome(recordable);
      }
    } catch (error) {
      if (stop.reason !== undefined) return;
      // The drain called it off before anything came of it: it is owed again.
      if (error === pulling.reason) return observer.onCalledOff?.(rollout);
      stop.cancel(
        error instanceof Error ? error : new CancelledError('a rollout threw something that is no error'),
      );
    }
  };

  try {
    const {concurrency: limit, onConcurrencyChange: onLimitChange} = options;
    await forEachConcurrent(owed, {limit, onLimitChange, stopPulling: pulling}, collectOne);
  } finally {
    stop.release();
    pulling.release();
  }
  return endOf(stop, options, refusals);
}

function throwIfRunEnds(outcome: Outcome): void {
  if (outcome.status !== 'failed') return;
  const {error} = outcome;
  if (error.effect === 'run' || error.unreachable) throw error;
}

function endOf(stop: CancellationSource, {abort, drain}: CollectOptions, refusals: Refusals): CollectEnd {
  if (abort.reason !== undefined) return {kind: 'aborted'};
  if (stop.reason instanceof CallError) return {kind: 'refused', error: stop.reason};
  if (stop.reason !== undefined) throw stop.reason;
  if (refusals.unanswered !== undefined) return {kind: 'refused', error: refusals.unanswered};
  return {kind: drain.reason === undefined ? 'complete' : 'drained'};
}
