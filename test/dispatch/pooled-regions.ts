import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, type CallErrorOptions} from '../../src/core/errors.ts';
import {type AdmissionOptions, createAdmission} from '../../src/dispatch/admission.ts';
import {dispatchThrough} from '../../src/dispatch/dispatcher.ts';
import {type MemberAside, Pool, type PoolOptions} from '../../src/dispatch/pool.ts';
import {PoolGate} from '../../src/dispatch/pool-gate.ts';
import type {PoolDeployment} from '../../src/dispatch/pool-member.ts';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createLimitedService, seeded, served} from './limited-service.ts';

/** The ways in which a deployment can be out of order. */
export type Outage =
  | 'connection refused'
  | 'answers 500'
  | 'accepts and never answers'
  | '429 with a day'
  | 'wrong key';

export interface RegionOptions extends Partial<Pick<PoolDeployment, 'priority' | 'weight'>> {
  readonly tpm?: number;
  readonly latencyMs?: readonly [number, number];
  /** Fixed places; without it they are found out. */
  readonly limit?: number;
  readonly openEveryMs?: number;
}

const day = 86_400_000;
/** After so long a client of ours gives up a call that nobody answers. */
export const callLimitMs = 60_000;

const outages: Readonly<Record<Outage, Partial<CallErrorOptions>>> = {
  'connection refused': {code: 'ERR_MODEL_UNREACHABLE', unreachable: true, httpStatus: undefined},
  'answers 500': {},
  'accepts and never answers': {code: 'ERR_MODEL_TIMEOUT', httpStatus: undefined},
  '429 with a day': {code: 'ERR_MODEL_QUOTA_EXHAUSTED', httpStatus: 429, throttled: true, retryAfterMs: day},
  'wrong key': {code: 'ERR_MODEL_AUTH', httpStatus: 401, effect: 'run'},
};

/** Deployments in virtual time, each with the simulator's limiter, as one pool with one dispatcher. */
export function setUpRegions(
  regions: Readonly<Record<string, RegionOptions>>,
  {
    seed = 1,
    pool: about = {},
    maxTries = 6,
  }: {seed?: number; pool?: Partial<PoolOptions>; maxTries?: number} = {},
) {
  const clock = createFakeClock();
  const random = seeded(seed);
  const asides: MemberAside[] = [];
  const backs: string[] = [];
  const opened = Object.entries(regions).map(([name, options]) => openRegion(name, options, {clock, random}));
  const pool = new Pool({
    ...{name: 'pool', deployments: opened.map(({deployment}) => deployment), clock},
    ...{onAside: (event) => asides.push(event), onBack: (name) => backs.push(name)},
    ...about,
  });
  const retry = {maxTries, baseDelayMs: 1000, maxDelayMs: 60_000, maxWaitMs: 600_000};
  const dispatcher = dispatchThrough(new PoolGate({pool, retry, clock, random}), clock);
  const cancellation = new CancellationSource();
  /** One row: it says who answered it. */
  const ask = async (
    tokens: number,
    terms: {readonly priority?: 'begun' | 'new'; readonly key?: string} = {},
  ) => {
    const {priority = 'new', key} = terms;
    return await dispatcher.dispatch(async ({member}) => await opened[member]?.call(tokens), {
      ...{
        cancellation,
        priority,
        tokens: () => tokens,
        affinityKey: key === undefined ? undefined : () => key,
      },
      limitsOf: (answer) => answer?.limits,
    });
  };
  const named = (name: string) => {
    const region = opened.find(({deployment}) => deployment.name === name);
    if (region === undefined) throw new Error(`no region ${name}`);
    return region;
  };
  return {clock, random, pool, dispatcher, ask, named, asides, backs, cancellation, retry};
}

export type Regions = ReturnType<typeof setUpRegions>;

function openRegion(
  name: string,
  {tpm, latencyMs, limit, openEveryMs, priority = 1, weight = 1}: RegionOptions,
  {clock, random}: {readonly clock: ReturnType<typeof createFakeClock>; readonly random: () => number},
) {
  const requestsPerMinute = tpm === undefined ? undefined : (tpm * 6) / 1_000;
  const limits = {requestsPerMinute, tokensPerMinute: tpm, defaultMaxTokens: undefined};
  const service = createLimitedService({
    ...{limits, random, clock, sendsHeaders: tpm !== undefined},
    ...(latencyMs === undefined ? {} : {latencyMs}),
  });
  const options: AdmissionOptions = {
    ...{limit: limit ?? 1_024, isAdaptive: limit === undefined, quota: createQuota({}), clock, openEveryMs},
  };
  const deployment: PoolDeployment = {name, priority, weight, admission: createAdmission(options)};
  const state: {outage: Outage | undefined; tried: number[]} = {outage: undefined, tried: []};
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
  return {
    deployment,
    service,
    state,
    async call(tokens: number) {
      state.tried.push(clock.monotonic());
      const sentAt = clock.monotonic();
      const answer = state.outage === undefined ? await service.call(tokens) : undefined;
      // What was under way when it went down gets no answer either.
      if (state.outage === undefined) return {name, limits: answer};
      const isHung = state.outage === 'accepts and never answers';
      await wait(isHung ? sentAt + callLimitMs - clock.monotonic() : 10);
      throw outageError(state.outage);
    },
  };
}

function outageError(outage: Outage): CallError {
  const about = {code: 'ERR_MODEL_SERVER', fault: 'model', effect: 'retry', httpStatus: 500} as const;
  return new CallError(outage, {...about, ...outages[outage]});
}

/**
 * Sends so many rows as a collection does: as many at once as the pool can use, or `width`, and one more for each call that
 * hangs. `done` has who answered each row.
 */
export function startRows(
  regions: Regions,
  {
    rows,
    nextTokens,
    width,
  }: {readonly rows: number; readonly nextTokens: () => number; readonly width?: number},
) {
  const {pool, ask, clock} = regions;
  const done = new Map<number, string[]>();
  const errors: unknown[] = [];
  let [next, running] = [0, 0];
  const widthNow = (): number =>
    (width ?? pool.roster.usable().reduce((sum, {admission}) => sum + 2 * admission.limit, 0)) +
    pool.roster.hungCalls();
  const start = (): void => {
    while (next < rows && running < widthNow() && errors.length === 0) {
      const row = next++;
      running++;
      ask(nextTokens())
        .then(
          ({value}) => done.set(row, [...(done.get(row) ?? []), value?.name ?? '']),
          (error: unknown) => errors.push(error),
        )
        .finally(() => {
          running--;
          start();
        });
    }
  };
  const look = (): void => {
    start();
    if (next < rows) clock.setTimer(1_000, look);
  };
  look();
  return {done, errors, stop: () => (next = rows), left: () => running};
}

/** Tokens that a region let in from one time to another, as a share of its quota. */
export function useOf(
  {service}: ReturnType<Regions['named']>,
  tpm: number,
  fromMs: number,
  toMs: number,
): number {
  return served(service, fromMs, toMs).tokens / ((tpm * (toMs - fromMs)) / 60_000);
}
