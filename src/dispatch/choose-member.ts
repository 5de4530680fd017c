import type {PoolMember} from './pool-member.ts';
import {hashOf, rendezvousScore} from './rendezvous.ts';

/** Of the deployments of one priority that could start a call at once. At least one. */
export interface ChoiceOptions {
  readonly nowMs: number;
  /** What the call shares with others whose prompt a deployment may have in its cache. */
  readonly affinityKey: (() => string) | undefined;
}

/**
 * Who gets a call that several could start: one that is to be tried out again; else the one that its prompt prefers; else
 * the one with the most room left for its weight, and of equals the one that had the least so far.
 */
export function chooseMember(
  candidates: readonly PoolMember[],
  {nowMs, affinityKey}: ChoiceOptions,
): PoolMember | undefined {
  const [only] = candidates;
  if (candidates.length <= 1) return only;
  const due = candidates.find((member) => member.standing(nowMs) === 'due');
  if (due !== undefined) return due;
  if (affinityKey !== undefined) {
    const hash = hashOf(affinityKey());
    return best(candidates, ({name, weight}) => -rendezvousScore(hash, name, weight));
  }
  return best(candidates, ({admission, weight}) => admission.load / weight);
}

function best(
  candidates: readonly PoolMember[],
  costOf: (member: PoolMember) => number,
): PoolMember | undefined {
  let chosen: PoolMember | undefined;
  let least = Infinity;
  for (const member of candidates) {
    const cost = costOf(member);
    const isTie = chosen !== undefined && cost === least;
    if (cost < least || (isTie && hadLess(member, chosen))) [chosen, least] = [member, cost];
  }
  return chosen;
}

function hadLess(one: PoolMember, other: PoolMember | undefined): boolean {
  return other !== undefined && one.started / one.weight < other.started / other.weight;
}
