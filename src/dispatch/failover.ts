import type {Clock, Random} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {CallOptions} from '../core/ports.ts';
import type {WireAnswer, WireFacts, WireModel, WireRequest} from '../core/wire.ts';
import {chooseProvider} from './choose-provider.ts';
import {watchAnswer} from './dispatch-wire.ts';
import {FailedTries, type FailureKind, kindOfFailure} from './failed-tries.ts';
import {
  endCall,
  noteAnswer,
  noteBreak,
  noteFailure,
  type ProviderCall,
  type ProviderHealth,
  startCall,
  untriedProvider,
} from './provider-health.ts';

/** One deployment of a backend. It makes one exchange a call: going on to another is better than trying again. */
export interface FailoverProvider {
  readonly name: string;
  readonly model: WireModel;
  /** Whether a call could start at once; of two providers the one that has room is asked. */
  readonly hasRoom?: (() => boolean) | undefined;
}

export interface FailoverOptions {
  /** The best first. A lower tier serves what the ones above it cannot. */
  readonly tiers: readonly (readonly FailoverProvider[])[];
  readonly clock: Clock;
  readonly random: Random;
  /** Told each time that a provider is set aside: a wrong key or deployment of one must not hide behind the others' answers. */
  readonly onAside?: ((event: AsideEvent) => void) | undefined;
  /** Told when a provider that was set aside answers again. */
  readonly onBack?: ((name: string) => void) | undefined;
}

export interface AsideEvent {
  readonly name: string;
  readonly error: CallError;
  /** 0: only this request goes on to another, as the provider has answered others before. */
  readonly waitMs: number;
  /** Its credentials, deployment or address are wrong: nothing will change by itself. */
  readonly isMisconfigured: boolean;
}

/** A provider as a status page shows it. */
export interface ProviderStatus {
  readonly name: string;
  /** The best is 1. */
  readonly tier: number;
  readonly state: 'serving' | 'aside' | 'probing';
  /** Share of calls answered, from 0 to 1, the last ones counting most. */
  readonly health: number;
  /** Until answers began; undefined before the first. */
  readonly latencyMs: number | undefined;
  readonly pending: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds until it is tried again; 0 when it is due, undefined unless it is set aside. */
  readonly backInMs: number | undefined;
  /** Code of its last failure. */
  readonly lastError: string | undefined;
}

export interface Failover {
  /**
   * Asks one provider after the other, each at most once, until one answers; whatever the size of the request, and never
   * again once an answer has begun. What the client did wrong is final. If all fail: the last error, with the time
   * until the first of them is back.
   */
  readonly model: WireModel;
  status(): readonly ProviderStatus[];
}

/** Several deployments as one model. See `Failover`. */
export function createFailover(options: FailoverOptions): Failover {
  const {clock} = options;
  const providers = options.tiers.flatMap((tier, index) =>
    tier.map((provider) => new Provider(provider, index, options)),
  );
  if (providers.length === 0) throw new Error('a failover without providers');
  return {
    model: (request, callOptions) => answer(request, callOptions, {providers, options}),
    status: () => providers.map((provider) => provider.status(clock.monotonic())),
  };
}

interface FailoverContext {
  readonly providers: readonly Provider[];
  readonly options: FailoverOptions;
}

async function answer(
  request: WireRequest,
  callOptions: CallOptions,
  {providers, options: {clock, random}}: FailoverContext,
): Promise<WireAnswer> {
  const left = new Set(providers);
  const failed = new FailedTries();
  for (;;) {
    const nowMs = clock.monotonic();
    const provider = chooseProvider([...left], {nowMs, random, isSecondTry: failed.count > 0});
    if (provider === undefined) throw failed.toError(shortestWait(providers, nowMs));
    left.delete(provider);
    try {
      return failed.addTo(await provider.call(request, callOptions));
    } catch (error) {
      const isFinal = !(error instanceof CallError) || callOptions.cancellation.reason !== undefined;
      if (isFinal) throw error;
      const kind = kindOfFailure(error);
      failed.add(error, kind, clock.monotonic() - nowMs);
      if (kind === 'final') throw failed.toError(undefined);
    }
  }
}

/** Until the first of them is back that will come back by itself. */
function shortestWait(providers: readonly Provider[], nowMs: number): number | undefined {
  const waits = providers.flatMap(({state: {aside}, isMisconfigured}) =>
    aside === undefined || isMisconfigured ? [] : [Math.max(0, aside.untilMs - nowMs)],
  );
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** Whether a stream ended with an error that is not about what was asked. */
function hasBroken({errorCode}: WireFacts): boolean {
  return errorCode !== undefined && !requestErrors.has(errorCode);
}

const requestErrors: ReadonlySet<string> = new Set(['cancelled', 'content_filter', 'invalid_prompt']);

class Provider {
  readonly tier: number;
  state: ProviderHealth = untriedProvider;
  isMisconfigured = false;
  readonly #provider: FailoverProvider;
  readonly #options: FailoverOptions;
  #lastError: string | undefined;

  constructor(provider: FailoverProvider, tier: number, options: FailoverOptions) {
    this.tier = tier;
    this.#provider = provider;
    this.#options = options;
  }

  get hasRoom(): boolean {
    return this.#provider.hasRoom?.() ?? true;
  }

  async call(request: WireRequest, options: CallOptions): Promise<WireAnswer> {
    const {provider, call} = startCall(this.state, this.#options.clock.monotonic());
    this.state = provider;
    let isHeld = false;
    try {
      const watched = watchAnswer(await this.#provider.model(request, options), options.cancellation);
      isHeld = watched.over !== undefined;
      const {facts} = watched.answer;
      void watched.over?.then(() => {
        this.#end(call);
        if (hasBroken(facts)) this.state = noteBreak(this.state);
      });
      this.#noteAnswer(call, this.#options.clock.monotonic());
      return watched.answer;
    } catch (error) {
      if (error instanceof CallError && options.cancellation.reason === undefined)
        this.#noteError(error, call);
      throw error;
    } finally {
      if (!isHeld) this.#end(call);
    }
  }

  status(nowMs: number): ProviderStatus {
    const {health, latencyMs, pending, failures, aside} = this.state;
    return {
      name: this.#provider.name,
      tier: this.tier + 1,
      state: aside === undefined ? 'serving' : aside.probes > 0 ? 'probing' : 'aside',
      health,
      latencyMs,
      pending,
      failures,
      backInMs: aside === undefined ? undefined : Math.max(0, aside.untilMs - nowMs),
      lastError: this.#lastError,
    };
  }

  #end(call: ProviderCall): void {
    this.state = endCall(this.state, call);
  }

  #noteAnswer(call: ProviderCall, nowMs: number | undefined): void {
    const wasAside = this.state.aside !== undefined;
    this.state = noteAnswer(this.state, call, nowMs);
    if (!wasAside || this.state.aside !== undefined) return;
    this.isMisconfigured = false;
    this.#options.onBack?.(this.#provider.name);
  }

  #noteError(error: CallError, call: ProviderCall): void {
    // It was not even asked: it is still left alone.
    if (error.calls === 0) return;
    const kind: FailureKind = kindOfFailure(error);
    if (kind === 'final') {
      // It refused the request, so it is there.
      this.#noteAnswer(call, undefined);
      return;
    }
    const isMisconfigured = kind === 'misconfigured';
    this.#lastError = error.code;
    if (isMisconfigured && this.#hasOnlyThisNot(error)) {
      this.#tellAside(error, {waitMs: 0, isMisconfigured});
      return;
    }
    const nowMs = this.#options.clock.monotonic();
    const before = this.state.aside?.untilMs;
    this.isMisconfigured = isMisconfigured;
    const {retryAfterMs} = error;
    this.state = noteFailure(this.state, call, {nowMs, retryAfterMs, isMisconfigured});
    const untilMs = this.state.aside?.untilMs;
    // Calls that fail together set it aside once.
    if (untilMs === undefined || untilMs === before) return;
    this.#tellAside(error, {waitMs: Math.max(0, untilMs - nowMs), isMisconfigured});
  }

  /** From a provider that has answered before, a 400 or 404 is about what was asked: embeddings, say, of a chat model. */
  #hasOnlyThisNot({httpStatus}: CallError): boolean {
    const isAboutAccess = httpStatus === undefined || httpStatus === 401 || httpStatus === 403;
    return !isAboutAccess && this.state.latencyMs !== undefined;
  }

  #tellAside(error: CallError, event: Pick<AsideEvent, 'waitMs' | 'isMisconfigured'>): void {
    this.#options.onAside?.({name: this.#provider.name, error, ...event});
  }
}
