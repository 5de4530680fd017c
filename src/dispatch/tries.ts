import type {CallError} from '../core/errors.ts';
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

  addCall(elapsedMs: number): number {
    this.callMs += elapsedMs;
    return this.callMs;
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
