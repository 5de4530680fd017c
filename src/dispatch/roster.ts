import type {Clock} from '../core/clock.ts';
import {type PoolDeployment, PoolMember} from './pool-member.ts';

// Who has just failed a call is left to others if one of these can be had within this time.
const nearMs = 2_000;

/** What a call that looks for a deployment has to say for itself. */
export interface RosterCall {
  readonly tokens: number;
  /** Deployments that have failed it just now: others are asked first. */
  readonly tried: ReadonlySet<number> | undefined;
}

/** Which of several deployments may be asked as things stand. It decides, and changes nothing. */
export class Roster {
  readonly members: readonly PoolMember[];
  /** The deployments that are to be asked first, then those for what these have no room for, and so on. */
  readonly tiers: readonly (readonly PoolMember[])[];
  readonly #clock: Clock;

  constructor(deployments: readonly PoolDeployment[], clock: Clock) {
    if (deployments.length === 0) throw new Error('a pool without deployments');
    this.#clock = clock;
    this.members = deployments.map((deployment, index) => new PoolMember(deployment, index));
    const priorities = [...new Set(deployments.map(({priority}) => priority))].sort((a, b) => a - b);
    this.tiers = priorities.map((wanted) =>
      this.members.filter(({index}) => deployments[index]?.priority === wanted),
    );
  }

  /** Those that may be asked. */
  usable(): readonly PoolMember[] {
    const nowMs = this.#clock.monotonic();
    return this.members.filter((member) => this.isUsable(member, nowMs));
  }

  /** Calls that hang at deployments which fail or say nothing, while another serves: it would take others in their place. */
  hungCalls(): number {
    const nowMs = this.#clock.monotonic();
    let hung = 0;
    let isServed = false;
    for (const member of this.members)
      if (member.standing(nowMs) === 'serving') isServed = true;
      else hung += member.unanswered;
    return isServed ? hung : 0;
  }

  /** Those that fail, or are lost, may be asked only while no other can be. */
  isUsable(member: PoolMember, nowMs: number): boolean {
    const standing = member.standing(nowMs);
    if (standing === 'serving' || standing === 'due') return true;
    if (standing === 'resting') return !this.members.some((other) => other.standing(nowMs) === 'serving');
    return this.members.every((other) => other.standing(nowMs) === 'lost');
  }

  /** Whether it may be asked for this call. */
  mayServe(member: PoolMember, {tried}: Pick<RosterCall, 'tried'>, nowMs: number): boolean {
    if (!this.isUsable(member, nowMs)) return false;
    return tried?.has(member.index) !== true || !this.hasOther(tried);
  }

  /** Whether one above that tier serves this call soon: then none of the tier does. */
  isServedAbove(tier: number, call: RosterCall, nowMs: number): boolean {
    for (let index = 0; index < tier; index++)
      if (this.tiers[index]?.some((upper) => this.servesSoon(upper, call, nowMs)) === true) return true;
    return false;
  }

  /** It serves, and whoever waits for it has its turn soon. */
  servesSoon(member: PoolMember, call: RosterCall, nowMs: number): boolean {
    const isServing = member.standing(nowMs) === 'serving' && !member.admission.isFull(call.tokens);
    return isServing && this.mayServe(member, call, nowMs);
  }

  /** Whether one that has not failed this call could take it soon. */
  hasOther(tried: ReadonlySet<number>): boolean {
    const nowMs = this.#clock.monotonic();
    return this.members.some(
      (member) => !tried.has(member.index) && this.isUsable(member, nowMs) && isNear(member),
    );
  }

  /** No deployment is left: each has the wrong credentials or name, or no quota for longer than a run may wait. */
  get isLost(): boolean {
    return this.#left().length === 0;
  }

  /** Milliseconds until the first of those that are left may be asked. */
  soonestMs(): number {
    return Math.min(...this.#left().map(({admission}) => admission.coolDown(0)?.leftMs ?? 0), Infinity);
  }

  /** Milliseconds since the last sign of life of any that is left; undefined if none has ever answered. */
  silentMs(): number | undefined {
    const nowMs = this.#clock.monotonic();
    const silences = this.#left().flatMap(({reach}) => reach.silentMs(nowMs) ?? []);
    return silences.length === 0 ? undefined : Math.min(...silences);
  }

  #left(): readonly PoolMember[] {
    const nowMs = this.#clock.monotonic();
    return this.members.filter((member) => member.standing(nowMs) !== 'lost');
  }
}

function isNear({admission}: PoolMember): boolean {
  return (admission.coolDown(0)?.leftMs ?? 0) <= nearMs;
}
