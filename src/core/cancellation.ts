import {CancelledError} from './errors.ts';

type Listener = (reason: Error) => void;

/**
 * The wish that work stops, passed down to whatever can stop. A set of callbacks instead of an `AbortSignal`:
 * thousands of calls share one, and a signal for each costs a quarter of a call's CPU time.
 */
export interface Cancellation {
  /** Why, once cancelled. */
  readonly reason: Error | undefined;
  /** Calls `listener` once when cancelled (at once if it already is); returns the way to stop listening. */
  onCancel(listener: Listener): () => void;
}

/** Throws the reason if it is cancelled already: for loops that are not worth a listener. */
export function throwIfCancelled({reason}: Cancellation): void {
  if (reason !== undefined) throw reason;
}

/** A cancellation with its trigger. Cancelling a parent cancels its children. */
export class CancellationSource implements Cancellation {
  reason: Error | undefined;
  /** Made with the first of them: most scopes of a run have none. */
  #listeners: Set<Listener> | undefined;
  #leaveParent: () => void = () => undefined;

  constructor(parent?: Cancellation) {
    if (parent !== undefined) this.#leaveParent = parent.onCancel((reason) => this.cancel(reason));
  }

  onCancel(listener: Listener): () => void {
    if (this.reason !== undefined) {
      listener(this.reason);
      return () => undefined;
    }
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Cancels; the first reason wins. */
  cancel(reason: Error = new CancelledError('cancelled')): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#leaveParent();
    const listeners = [...(this.#listeners ?? [])];
    this.#listeners?.clear();
    for (const listener of listeners) listener(reason);
  }

  /** Stops listening to the parent: call it when the work is over. */
  release(): void {
    this.#leaveParent();
  }

  /** How many wait to be told; tests assert that finished work leaves none. */
  get listenerCount(): number {
    return this.#listeners?.size ?? 0;
  }
}
