/** What is known about a provider from the calls to it. Times are the clock's monotonic milliseconds. */
export interface ProviderHealth {
  /** Share of calls that it answered, from 0 to 1; the last ones count most. */
  readonly health: number;
  /** Until an answer began, the last ones counting most; undefined before the first. */
  readonly latencyMs: number | undefined;
  /** Calls under way, streams that are still being read included. */
  readonly pending: number;
  /** Failures in a row. */
  readonly failures: number;
  /** How often in a row it was set aside. */
  readonly asides: number;
  readonly aside: SetAside | undefined;
  /** How often it was set aside: tells calls begun before it from those that try it out again. */
  readonly round: number;
}

/** A provider gets nothing until `untilMs`, then one call at a time to try it out. */
export interface SetAside {
  readonly untilMs: number;
  /** The server named the time itself. */
  readonly isAskedFor: boolean;
  /** Calls under way that try it out. */
  readonly probes: number;
}

/** What is remembered about a call while it is under way. */
export interface ProviderCall {
  readonly startedMs: number;
  readonly round: number;
  readonly isProbe: boolean;
}

/** A failure that says something about the provider. */
export interface ProviderFailure {
  readonly nowMs: number;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Nothing will change by itself: stays aside for as long as there is. */
  readonly isMisconfigured: boolean;
  /** It could not be reached at all: no further failure is needed. */
  readonly isUnreachable?: boolean | undefined;
}

/** When a provider is set aside, and for how long. */
export interface AsidePolicy {
  /** Failures in a row that change nothing yet. */
  readonly tolerated: number;
  /** Milliseconds aside, the first time in a row (1) and from then on. */
  readonly asideMs: (time: number) => number;
}

/** For providers of which another can serve at once: aside with the first failure, for three seconds more each time. */
export const impatient: AsidePolicy = {tolerated: 0, asideMs: (time) => 3_000 * time};

/** For deployments whose places and quota count: aside when failures are no accident, for twice as long each time. */
export const steadfast: AsidePolicy = {tolerated: 4, asideMs: (time) => 1_000 * 2 ** (time - 1)};

/** A provider that nobody has called. */
export const untriedProvider: ProviderHealth = {
  health: 1,
  latencyMs: undefined,
  pending: 0,
  failures: 0,
  asides: 0,
  aside: undefined,
  round: 0,
};

// A failure or two weigh, ten answers later they are forgotten.
const newestShare = 0.3;
/** No provider is set aside for longer, unless its server asks for it. */
const longestAsideMs = 60_000;

/** A call begins. */
export function startCall(
  provider: ProviderHealth,
  nowMs: number,
): {readonly provider: ProviderHealth; readonly call: ProviderCall} {
  // Member by member, here and below: a spread takes several times as long, and this is done for each call.
  const {health, latencyMs, pending, failures, asides, aside, round} = provider;
  const tried = aside && {...aside, probes: aside.probes + 1};
  return {
    provider: {health, latencyMs, pending: pending + 1, failures, asides, aside: tried, round},
    call: {startedMs: nowMs, round, isProbe: aside !== undefined},
  };
}

/**
 * It has answered, or its stream has begun; it is still pending. Only a call that tried it out brings it back. `nowMs` is
 * undefined for an answer that says nothing about how quick it is, such as the refusal of a bad request.
 */
export function noteAnswer(
  provider: ProviderHealth,
  call: ProviderCall,
  nowMs: number | undefined,
): ProviderHealth {
  const {pending, round} = provider;
  const tookMs = nowMs === undefined ? provider.latencyMs : nowMs - call.startedMs;
  const health = moved(provider.health, 1);
  const latencyMs =
    provider.latencyMs === undefined || tookMs === undefined ? tookMs : moved(provider.latencyMs, tookMs);
  if (call.round === round)
    return {health, latencyMs, pending, failures: 0, asides: 0, aside: undefined, round};
  const {failures, asides, aside} = provider;
  return {health, latencyMs, pending, failures, asides, aside, round};
}

/** An answer that had begun broke off: it counts, but sets nobody aside. */
export function noteBreak(provider: ProviderHealth): ProviderHealth {
  return {...provider, health: moved(provider.health, 0)};
}

/**
 * It has failed and is set aside, at once or as the policy says: for as long as the server asks, else for longer each time
 * in a row. Calls that were under way when it was set aside change nothing more.
 */
export function noteFailure(
  provider: ProviderHealth,
  call: ProviderCall,
  {nowMs, retryAfterMs, isMisconfigured, isUnreachable = false}: ProviderFailure,
  policy: AsidePolicy = impatient,
): ProviderHealth {
  const failures = provider.failures + 1;
  const next = {...provider, health: moved(provider.health, 0)};
  const isAskedFor = retryAfterMs !== undefined;
  if (call.round !== provider.round) return isAskedFor ? extendAside(next, nowMs + retryAfterMs) : next;
  const isEnough = failures > policy.tolerated || isMisconfigured || isUnreachable || call.isProbe;
  if (!isEnough) return {...next, failures};
  const asides = provider.asides + 1;
  const ownMs = isMisconfigured ? longestAsideMs : Math.min(longestAsideMs, policy.asideMs(asides));
  return {
    ...next,
    failures,
    asides,
    round: provider.round + 1,
    aside: {untilMs: nowMs + (retryAfterMs ?? ownMs), isAskedFor, probes: 0},
  };
}

/** The call is over, whatever became of it. */
export function endCall(provider: ProviderHealth, call: ProviderCall): ProviderHealth {
  const {health, latencyMs, pending, failures, asides, aside, round} = provider;
  const wasCounted = call.isProbe && call.round === round;
  const left = aside && wasCounted ? {...aside, probes: aside.probes - 1} : aside;
  return {health, latencyMs, pending: pending - 1, failures, asides, aside: left, round};
}

/** A call from before has learnt how long the server wants to be left alone. */
function extendAside(provider: ProviderHealth, untilMs: number): ProviderHealth {
  const {aside, round} = provider;
  return aside === undefined
    ? {...provider, round: round + 1, aside: {untilMs, isAskedFor: true, probes: 0}}
    : {...provider, aside: {...aside, untilMs: Math.max(aside.untilMs, untilMs), isAskedFor: true}};
}

function moved(average: number, value: number): number {
  return average + newestShare * (value - average);
}
