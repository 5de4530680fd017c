import type {CallError} from '../core/errors.ts';
import type {LostCopy} from './dispatcher.ts';
import type {CallHistory} from './retry-policy.ts';

/** What a call has been through so far. Times in milliseconds. */
export class Tries {
  calls = 0;
  queuedMs = 0;
  callMs = 0;
  failures = 0;
  refusals = 0;
  waitedMs = 0;
  /** Deployments of a pool that have failed it since it last backed off. */
  tried: Set<number> | undefined;
  lostCopies: LostCopy[] | undefined;

  addCall(elapsedMs: number): number {
    this.callMs += elapsedMs;
    return this.callMs;
  }

  /** A call on the wire has ended with an error, which is told how many there were. */
  addFailure(error: CallError, elapsedMs: number): void {
    this.callMs += elapsedMs;
    error.calls = this.calls;
  }

  /** Counts a failure of its kind. */
  count({throttled}: CallError): void {
    if (throttled) this.refusals++;
    else this.failures++;
  }

  history(silentMs: number | undefined, soonestMs?: number): CallHistory {
    const {failures, refusals, waitedMs} = this;
    return {failures, refusals, waitedMs, silentMs, soonestMs};
  }
}
