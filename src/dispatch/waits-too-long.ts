import {CallError, callErrorOptions} from '../core/errors.ts';
import type {AdmitOptions} from './admission.ts';
import type {Tries} from './tries.ts';

/** For callers who would rather know than wait: refuses what keeps them waiting for longer than `maxWaitMs`. */
export function refuseLongWaits(name: string, maxWaitMs: number, tries: Tries): AdmitOptions['refuse'] {
  return ({leftMs, because}) => {
    if (leftMs <= maxWaitMs) return undefined;
    const why = because?.message ?? 'its quota is used up';
    const refusal = new CallError(`${name} is to be left alone for another ${seconds(leftMs)}: ${why}`, {
      ...(because === undefined ? quotaUsedUp : callErrorOptions(because)),
      effect: 'retry',
      retryAfterMs: leftMs,
    });
    refusal.calls = tries.calls;
    return refusal;
  };
}

const quotaUsedUp = {code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', httpStatus: 429, throttled: true} as const;

/** The end of a deployment, or of the last of several: it asks for a longer wait than the run may take. */
export function quotaExhausted(error: CallError, deployment: string): CallError {
  const {retryAfterMs} = error;
  const asked = retryAfterMs === undefined ? '' : ` (it asks to wait ${seconds(retryAfterMs)})`;
  const exhausted = new CallError(
    `quota of deployment ${deployment} is gone for longer than this run may wait${asked}: ${error.message}`,
    {
      ...callErrorOptions(error),
      code: 'ERR_MODEL_QUOTA_EXHAUSTED',
      effect: 'run',
      throttled: true,
      hint: 'Run the same command again later, raise the quota, or allow longer waits with retry.max_wait_s.',
    },
  );
  exhausted.calls = error.calls;
  return exhausted;
}

function seconds(ms: number): string {
  return `${String(Math.ceil(ms / 1000))} s`;
}
