import type {Random} from '../core/clock.ts';
import type {ProviderHealth} from './provider-health.ts';

/** A provider that could be asked. */
export interface Candidate {
  /** The best is 0. */
  readonly tier: number;
  readonly state: ProviderHealth;
  /** Whether a call could start at once. */
  readonly hasRoom: boolean;
}

export interface ChooseOptions {
  readonly nowMs: number;
  readonly random: Random;
  /** Another provider has failed this request already: one that asked to be left alone is left alone. */
  readonly isSecondTry: boolean;
}

/**
 * Whom to ask next: the first tier that has anyone to ask. Within it whoever is due to be tried out again, else the
 * better of two drawn at random. If all are set aside, the one that comes back first, and one that asked to be left alone
 * only if all have: it is better to serve than to refuse.
 */
export function chooseProvider<T extends Candidate>(
  candidates: readonly T[],
  options: ChooseOptions,
): T | undefined {
  for (const tier of new Set(candidates.map(({tier}) => tier).toSorted((a, b) => a - b))) {
    const chosen = chooseInTier(
      candidates.filter((candidate) => candidate.tier === tier),
      options,
    );
    if (chosen !== undefined) return chosen;
  }
  const rested = earliest(candidates.filter(({state}) => !wantsRest(state, options.nowMs)));
  return rested ?? (options.isSecondTry ? undefined : earliest(candidates));
}

/** How much a provider is worth a call: healthy, quick and idle is best. */
export function scoreOf({health, latencyMs = 0, pending}: ProviderHealth): number {
  return health / ((1 + latencyMs / 1_000) * (1 + pending / 10));
}

function chooseInTier<T extends Candidate>(
  tier: readonly T[],
  {nowMs, random}: ChooseOptions,
): T | undefined {
  const due = tier.filter(
    ({state: {aside}}) => aside !== undefined && aside.untilMs <= nowMs && aside.probes === 0,
  );
  if (due.length > 0) return earliest(due);
  const open = tier.filter(({state}) => state.aside === undefined);
  // The two may be the same: so even the worst is asked now and then, and can show that it has become better.
  const draw = (): T | undefined => open[Math.floor(random() * open.length)];
  const [one, other] = [draw(), draw()];
  return one === undefined || other === undefined ? one : better(one, other);
}

function better<T extends Candidate>(one: T, other: T): T {
  if (one.hasRoom !== other.hasRoom) return one.hasRoom ? one : other;
  return scoreOf(one.state) >= scoreOf(other.state) ? one : other;
}

function wantsRest({aside}: ProviderHealth, nowMs: number): boolean {
  return aside !== undefined && aside.isAskedFor && aside.untilMs > nowMs;
}

function earliest<T extends Candidate>(candidates: readonly T[]): T | undefined {
  return candidates.toSorted((a, b) => backAt(a) - backAt(b) || a.tier - b.tier)[0];
}

function backAt({state}: Candidate): number {
  return state.aside?.untilMs ?? 0;
}
