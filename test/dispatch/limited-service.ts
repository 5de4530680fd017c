import {CallError} from '../../src/core/errors.ts';
import type {RateLimits} from '../../src/core/rate-limits.ts';
import {type Admission, type AdmissionOptions, createAdmission} from '../../src/dispatch/admission.ts';
import {createDispatcher, type Dispatcher} from '../../src/dispatch/dispatcher.ts';
import {createRateLimiter} from '../../src/simulator/limits/rate-limiter.ts';
import type {FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

export interface ServiceLimits {
  requestsPerMinute: number | undefined;
  tokensPerMinute: number | undefined;
  readonly defaultMaxTokens: undefined;
}

export interface ServiceOptions {
  readonly limits: ServiceLimits;
  readonly random: () => number;
  readonly clock: FakeClock;
  /** What the service charges for a call of so many estimated tokens. */
  readonly chargeOf?: (tokens: number) => number;
  readonly sendsHeaders?: boolean;
  /** Limits that replies tell, if not those that hold. */
  readonly told?: ServiceLimits;
  /** How long ago what replies tell to be left was left. */
  readonly lagMs?: number;
  readonly latencyMs?: readonly [number, number];
}

export interface ServedCall {
  readonly atMs: number;
  readonly tokens: number;
  readonly isAdmitted: boolean;
  readonly retryAfterMs: number;
}

/** A deployment in virtual time behind the simulator's limiter: 5 to 50 ms away, and 50 to 500 ms to an answer. */
export function createLimitedService(options: ServiceOptions) {
  const {limits, random, clock, sendsHeaders = true, told = limits, lagMs = 0} = options;
  const chargeOf = options.chargeOf ?? ((tokens: number): number => tokens);
  const [least, most] = options.latencyMs ?? [50, 500];
  const limiter = createRateLimiter(limits);
  const calls: ServedCall[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
  let forcedWaitMs: number | undefined;
  const left: Left[] = [];
  return {
    calls,
    /** The next call is refused, whatever is left. */
    refuseNext(retryAfterMs: number) {
      forcedWaitMs = retryAfterMs;
    },
    /** Use by somebody else; what is refused is lost. */
    useElsewhere: (tokens: number) => limiter.admit(clock.monotonic(), tokens),
    async call(tokens: number): Promise<RateLimits | undefined> {
      await wait(5 + 45 * random());
      const atMs = clock.monotonic();
      const decision =
        forcedWaitMs === undefined
          ? limiter.admit(atMs, chargeOf(tokens))
          : ({admitted: false, retryAfterMs: forcedWaitMs} as const);
      forcedWaitMs = undefined;
      const retryAfterMs = decision.admitted ? 0 : Math.ceil(decision.retryAfterMs);
      calls.push({atMs, tokens: chargeOf(tokens), isAdmitted: decision.admitted, retryAfterMs});
      if (!decision.admitted) {
        await wait(20);
        throw new CallError('full', {
          ...{code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', effect: 'retry', throttled: true},
          ...{httpStatus: 429, retryAfterMs},
        });
      }
      const {remainingRequests, remainingTokens} = decision;
      left.push({atMs, remainingRequests, remainingTokens});
      while ((left[1]?.atMs ?? Infinity) <= atMs - lagMs) left.shift();
      const shown = left[0];
      await wait(least + (most - least) * random());
      if (!sendsHeaders) return undefined;
      return {
        limitRequests: told.requestsPerMinute,
        limitTokens: told.tokensPerMinute,
        remainingRequests: shown?.remainingRequests,
        remainingTokens: shown?.remainingTokens,
      };
    },
  };
}

interface Left {
  readonly atMs: number;
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

/** A deployment in virtual time that keeps account of its calls. */
export interface AccountedService {
  readonly calls: readonly ServedCall[];
  readonly call: (tokens: number) => Promise<RateLimits | undefined>;
}

/** A collector in small: keeps so many calls with the dispatcher that somebody always waits. */
export function startCollector(
  service: AccountedService,
  options: Omit<AdmissionOptions, 'clock'> & {readonly clock: FakeClock; readonly nextTokens: () => number},
): {readonly admission: Admission; readonly dispatcher: Dispatcher; readonly stop: () => void} {
  const {clock, nextTokens} = options;
  const admission = createAdmission(options);
  const dispatcher = createDispatcher({
    ...{deployment: 'gpt', admission, clock, random: () => 0.5},
    retry: {maxTries: 6, baseDelayMs: 1000, maxDelayMs: 60_000, maxWaitMs: 600_000},
  });
  let isStopped = false;
  let running = 0;
  const start = (): void => {
    while (!isStopped && running < 2 * admission.limit) {
      const tokens = nextTokens();
      running++;
      const call = dispatcher.dispatch(() => service.call(tokens), {
        ...{cancellation: neverCancelled, priority: 'new', tokens: () => tokens},
        limitsOf: (limits) => limits,
      });
      const end = (): void => {
        running--;
        start();
      };
      void call.then(end, end);
    }
  };
  start();
  return {admission, dispatcher, stop: () => (isStopped = true)};
}

/** Tokens that were let in, and the share of calls that were not, of what arrived in a span of time. */
export function served(service: AccountedService, fromMs: number, toMs: number) {
  const calls = service.calls.filter(({atMs}) => atMs >= fromMs && atMs < toMs);
  const admitted = calls.filter(({isAdmitted}) => isAdmitted);
  return {
    calls: calls.length,
    tokens: admitted.reduce((sum, {tokens}) => sum + tokens, 0),
    refused: calls.length - admitted.length,
    refusedShare: calls.length === 0 ? 0 : 1 - admitted.length / calls.length,
  };
}

/** A seeded source of chance (a linear congruential generator). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
