import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {createAdmission, type PooledAdmission, type Priority} from '../../src/dispatch/admission.ts';
import {Pool} from '../../src/dispatch/pool.ts';
import type {PooledPlace} from '../../src/dispatch/pool-member.ts';
import {createQuota, type QuotaOptions} from '../../src/dispatch/quota.ts';
import {createFakeClock, type FakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {failure} from './wire-answers.ts';

interface MemberSettings {
  readonly limit?: number;
  readonly priority?: number;
  readonly weight?: number;
  readonly quota?: QuotaOptions;
  readonly isAdaptive?: boolean;
}

function setUp(members: Readonly<Record<string, MemberSettings>>) {
  const clock = createFakeClock();
  const admissions = new Map<string, PooledAdmission>();
  const deployments = Object.entries(members).map(([name, settings]) => {
    const {limit = 10, priority = 1, weight = 1, quota, isAdaptive} = settings;
    const own = quota && createQuota(quota);
    const admission = createAdmission({limit, isAdaptive, quota: own, clock, openEveryMs: 0});
    admissions.set(name, admission);
    return {name, admission, priority, weight};
  });
  const pool = new Pool({name: 'pool', deployments, clock});
  const admission = (name: string): PooledAdmission => admissions.get(name) ?? raise(name);
  return {clock, pool, admission};
}

function raise(name: string): never {
  throw new Error(`no deployment ${name}`);
}

interface Terms {
  readonly priority?: Priority;
  readonly tokens?: number;
  readonly key?: string;
  readonly tried?: ReadonlySet<number>;
  readonly cancellation?: CancellationSource;
  readonly mostMs?: number;
}

/** A caller that keeps its place until it is told to leave. */
function enter(pool: Pool, terms: Terms = {}) {
  const {priority = 'new', tokens = 0, key, tried, cancellation = neverCancelled, mostMs} = terms;
  const caller: {place: PooledPlace | undefined; error: unknown} = {place: undefined, error: undefined};
  pool
    .admit({
      ...{priority, tokens, tried, cancellation, affinityKey: key === undefined ? undefined : () => key},
      refuse:
        mostMs === undefined
          ? undefined
          : ({leftMs}) => (leftMs > mostMs ? new Error(`left alone for ${String(leftMs)}`) : undefined),
    })
    .then(
      (place) => (caller.place = place),
      (error: unknown) => (caller.error = error),
    );
  return {
    get at(): string | undefined {
      return caller.place?.owner.name;
    },
    get error(): unknown {
      return caller.error;
    },
    leave: () => caller.place?.release(),
    answer(tookMs = 100) {
      if (caller.place !== undefined) pool.noteAnswer(caller.place, tookMs);
      caller.place?.release();
    },
    fail(about: Parameters<typeof failure>[0] = {}) {
      if (caller.place !== undefined) pool.noteFailure(caller.place, failure(about));
      caller.place?.release();
    },
  };
}

async function enterAll(pool: Pool, count: number, terms: Terms = {}) {
  const callers = Array.from({length: count}, () => enter(pool, terms));
  await settle();
  return callers;
}

function countsOf(callers: readonly {readonly at: string | undefined}[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const {at} of callers) counts[at ?? 'nobody'] = (counts[at ?? 'nobody'] ?? 0) + 1;
  return counts;
}

describe('a pool of deployments', () => {
  it.each([
    ['alike', {west: {}, east: {}}, {west: 6, east: 6}],
    ['by their places', {west: {limit: 30}, east: {limit: 10}}, {west: 9, east: 3}],
    ['by their weights', {west: {weight: 3}, east: {}}, {west: 9, east: 3}],
    [
      'by their quota',
      {
        west: {limit: 100, quota: {tokensPerMinute: 30_000}},
        east: {limit: 100, quota: {tokensPerMinute: 10_000}},
      },
      {west: 9, east: 3},
    ],
  ] as const)('spreads calls %s', async (_, members, expected) => {
    const {pool} = setUp(members);
    expect(countsOf(await enterAll(pool, 12, {tokens: 500}))).toEqual(expected);
  });

  it('takes turns where calls come one at a time', async () => {
    const {pool} = setUp({west: {}, east: {}});
    const served: (string | undefined)[] = [];
    for (let index = 0; index < 4; index++) {
      const [caller] = await enterAll(pool, 1);
      served.push(caller?.at);
      caller?.answer();
    }
    expect(served).toEqual(['west', 'east', 'west', 'east']);
  });

  it('lets who waits in at whichever has room first, and out of the other lines', async () => {
    const {pool, admission} = setUp({west: {limit: 1}, east: {limit: 1}});
    const [first, second, third, fourth] = await enterAll(pool, 4);
    expect([first?.at, second?.at, third?.at, fourth?.at]).toEqual(['west', 'east', undefined, undefined]);
    second?.leave();
    await settle();
    expect([third?.at, fourth?.at, pool.waiting]).toEqual(['east', undefined, 1]);
    first?.leave();
    await settle();
    expect([fourth?.at, pool.waiting]).toEqual(['west', 0]);
    expect([admission('west').waiting, admission('east').waiting]).toEqual([0, 0]);
  });

  it('serves who has begun before who is new, whichever line they stand in', async () => {
    const {pool, admission} = setUp({west: {limit: 1}, east: {limit: 1}});
    const holders = await enterAll(pool, 2);
    const started: string[] = [];
    const direct = (name: string, priority: Priority) =>
      void admission('west')
        .admit({priority, cancellation: neverCancelled})
        .then((place) => {
          started.push(name);
          place.release();
        });
    direct('new alone at west', 'new');
    const [fresh] = await enterAll(pool, 1);
    direct('begun alone at west', 'begun');
    const [begun] = await enterAll(pool, 1, {priority: 'begun'});
    holders[0]?.leave();
    await settle();
    expect([started, begun?.at, fresh?.at]).toEqual([['begun alone at west'], 'west', undefined]);
    begun?.leave();
    await settle();
    expect([started.at(-1), fresh?.at]).toEqual(['new alone at west', 'west']);
  });

  it('stops waiting everywhere when cancelled, and leaves no timer and no listener', async () => {
    const {clock, pool, admission} = setUp({west: {}, east: {}});
    admission('west').pause(75_000);
    admission('east').pause(75_000);
    const cancellation = new CancellationSource();
    const [caller] = await enterAll(pool, 1, {cancellation});
    expect([pool.waiting, clock.pendingTimers]).toEqual([1, 2]);
    cancellation.cancel(new Error('enough'));
    await settle();
    expect(caller?.error).toMatchObject({message: 'enough'});
    expect([pool.waiting, clock.pendingTimers, cancellation.listenerCount]).toEqual([0, 0, 0]);
  });

  it('refuses who does not want to wait only when all would keep it waiting for too long', async () => {
    const {pool, admission} = setUp({west: {}, east: {}});
    admission('west').pause(60_000, failure({httpStatus: 429, throttled: true}));
    const [served] = await enterAll(pool, 1, {mostMs: 10_000});
    expect(served?.at).toBe('east');
    admission('east').pause(5_000, failure({httpStatus: 429, throttled: true}));
    const [waiting] = await enterAll(pool, 1, {mostMs: 10_000});
    expect([waiting?.at, waiting?.error]).toEqual([undefined, undefined]);
    admission('east').pause(30_000, failure({httpStatus: 429, throttled: true}));
    await settle();
    expect(waiting?.error).toMatchObject({message: 'left alone for 30000'});
    const [next] = await enterAll(pool, 1, {mostMs: 10_000});
    expect(next?.error).toMatchObject({message: 'left alone for 30000'});
  });
});

describe('tiers', () => {
  it('spill over when the first is at a fixed limit, and come back when it has room', async () => {
    const {pool} = setUp({reserved: {limit: 2}, west: {priority: 2}});
    const callers = await enterAll(pool, 4);
    expect(countsOf(callers)).toEqual({reserved: 2, west: 2});
    callers[0]?.answer();
    expect(countsOf(await enterAll(pool, 1))).toEqual({reserved: 1});
  });

  it('spill over in a cool-down of the first, also who waits for it already, and come back after it', async () => {
    const {clock, pool, admission} = setUp({reserved: {limit: 1_024, isAdaptive: true}, west: {priority: 2}});
    const callers = await enterAll(pool, 12);
    expect(countsOf(callers)).toEqual({reserved: 10, nobody: 2});
    admission('reserved').pause(20_000);
    await settle();
    expect(countsOf(callers)).toEqual({reserved: 10, west: 2});
    for (const caller of callers) caller.answer();
    expect(countsOf(await enterAll(pool, 1))).toEqual({west: 1});
    await clock.advance(20_000);
    expect(countsOf(await enterAll(pool, 1))).toEqual({reserved: 1});
  });

  it('do not spill over while the first is still finding out how many calls it takes at once', async () => {
    const {pool} = setUp({reserved: {limit: 1_024, isAdaptive: true}, west: {priority: 2}});
    const callers = await enterAll(pool, 30);
    expect(countsOf(callers)).toEqual({reserved: 10, nobody: 20});
    for (const caller of callers.slice(0, 10)) caller.answer();
    await settle();
    expect(countsOf(callers)).toMatchObject({reserved: 20});
  });

  it('spill over what the quota of the first has no room for', async () => {
    const {clock, pool} = setUp({
      reserved: {limit: 100, quota: {tokensPerMinute: 3_000}},
      west: {priority: 2, limit: 100},
    });
    expect(countsOf(await enterAll(pool, 5, {tokens: 1_000}))).toEqual({reserved: 3, west: 2});
    await clock.advance(61_000);
    expect(countsOf(await enterAll(pool, 5, {tokens: 1_000}))).toEqual({reserved: 3, west: 2});
  });

  it('spill over when the first is out of order', async () => {
    const {pool} = setUp({reserved: {}, west: {priority: 2}});
    const [caller] = await enterAll(pool, 1);
    caller?.fail({unreachable: true, httpStatus: undefined});
    expect(countsOf(await enterAll(pool, 3))).toEqual({west: 3});
  });
});

describe('a deployment that fails', () => {
  it('is left alone after five failures in a row, not after four, or one among answers', async () => {
    const {pool} = setUp({west: {}, east: {priority: 2}});
    const callers = await enterAll(pool, 10);
    for (const caller of callers.slice(0, 4)) caller.fail();
    callers[4]?.answer();
    for (const caller of callers.slice(5, 9)) caller.fail();
    expect(countsOf(await enterAll(pool, 1))).toEqual({west: 1});
    callers[9]?.fail();
    expect(countsOf(await enterAll(pool, 1))).toEqual({east: 1});
  });

  it('gets one call a second later, and all others when that is answered', async () => {
    const {clock, pool} = setUp({west: {}, east: {priority: 2}});
    const [caller] = await enterAll(pool, 1);
    caller?.fail({unreachable: true});
    await clock.advance(999);
    expect(countsOf(await enterAll(pool, 2))).toEqual({east: 2});
    await clock.advance(1);
    const callers = await enterAll(pool, 3);
    expect(callers.map(({at}) => at)).toEqual(['west', 'east', 'east']);
    callers[0]?.answer();
    expect(countsOf(await enterAll(pool, 3))).toEqual({west: 3});
  });

  it('is left alone for twice as long each time that it fails the one call, up to a minute', async () => {
    const {clock, pool} = setUp({west: {}, east: {priority: 2, limit: 1_000}});
    const [caller] = await enterAll(pool, 1);
    caller?.fail({unreachable: true});
    let since = clock.monotonic();
    const waits: number[] = [];
    for (let second = 0; second < 400; second++) {
      await clock.advance(1_000);
      const [probe] = await enterAll(pool, 1);
      if (probe?.at !== 'west') continue;
      waits.push((clock.monotonic() - since) / 1_000);
      probe.fail({unreachable: true});
      since = clock.monotonic();
    }
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('is tried out by one who waits, without anybody new coming', async () => {
    const {clock, pool} = setUp({west: {limit: 3}, east: {limit: 1}});
    const callers = await enterAll(pool, 4);
    for (const caller of callers) if (caller.at === 'west') caller.fail({unreachable: true});
    const waiting = await enterAll(pool, 3);
    expect(countsOf(waiting)).toEqual({nobody: 3});
    await clock.advance(1_000);
    expect(countsOf(waiting)).toEqual({west: 1, nobody: 2});
    waiting[0]?.answer();
    await settle();
    expect(countsOf(waiting)).toEqual({west: 3});
    expect(clock.pendingTimers).toBe(0);
  });

  it('is asked all the same where no other is in order', async () => {
    const {pool} = setUp({west: {}, east: {}});
    for (const caller of await enterAll(pool, 2)) caller.fail({unreachable: true});
    expect(countsOf(await enterAll(pool, 4))).toEqual({west: 2, east: 2});
  });

  it('is not given the call again that it has just failed, as long as another can be had', async () => {
    const {pool, admission} = setUp({west: {}, east: {limit: 1}});
    const tried = new Set([0]);
    const callers = await enterAll(pool, 2, {tried});
    expect(countsOf(callers)).toEqual({east: 1, nobody: 1});
    // The other is to be left alone: better the first one again than none.
    admission('east').pause(60_000);
    await settle();
    expect(countsOf(callers)).toEqual({east: 1, west: 1});
  });
});

describe('affinity', () => {
  it('sends what begins alike to the same deployment while that has room, then to another', async () => {
    const {pool} = setUp({west: {limit: 3}, east: {limit: 3}, north: {limit: 3}});
    const callers = await enterAll(pool, 4, {key: 'You are a grader.'});
    const [first] = callers;
    expect(callers.slice(0, 3).map(({at}) => at)).toEqual([first?.at, first?.at, first?.at]);
    expect([undefined, first?.at]).not.toContain(callers[3]?.at);
  });

  it('spreads what begins differently', async () => {
    const {pool} = setUp({west: {limit: 1_000}, east: {limit: 1_000}});
    const callers = await Promise.all(
      Array.from(
        {length: 400},
        async (_, index) => (await enterAll(pool, 1, {key: `Prompt ${String(index)}`}))[0],
      ),
    );
    const {west = 0} = countsOf(callers.flatMap((caller) => caller ?? []));
    expect(west).toBeGreaterThan(160);
    expect(west).toBeLessThan(240);
  });
});

type Step =
  | {
      readonly kind: 'enter';
      readonly priority: Priority;
      readonly tokens: number;
      readonly tried: readonly number[];
    }
  | {readonly kind: 'direct'; readonly member: number}
  | {readonly kind: 'end'; readonly index: number; readonly how: 'answer' | 'fail' | 'unreachable' | 'cancel'}
  | {readonly kind: 'pause'; readonly member: number; readonly ms: number}
  | {readonly kind: 'wait'; readonly ms: number};

const member = fc.nat({max: 2});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('enter' as const),
      priority: fc.constantFrom('begun' as const, 'new' as const),
      tokens: fc.nat({max: 900}),
      tried: fc.uniqueArray(member, {maxLength: 2}),
    }),
  },
  fc.record({kind: fc.constant('direct' as const), member}),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      index: fc.nat({max: 40}),
      how: fc.constantFrom('answer' as const, 'fail' as const, 'unreachable' as const, 'cancel' as const),
    }),
  },
  fc.record({kind: fc.constant('pause' as const), member, ms: fc.integer({min: 1, max: 90_000})}),
  fc.record({kind: fc.constant('wait' as const), ms: fc.integer({min: 1, max: 30_000})}),
);

describe('whoever waits at several deployments', () => {
  it('gets one place and no second, and nobody is forgotten, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, {maxLength: 60}), async (steps) => {
        const {clock, pool, admission} = setUp({
          west: {limit: 2, quota: {tokensPerMinute: 2_000}},
          east: {limit: 2},
          far: {limit: 1_024, isAdaptive: true, priority: 2},
        });
        const names = ['west', 'east', 'far'];
        const callers: (ReturnType<typeof enter> & {
          readonly cancellation: CancellationSource;
          isOver: boolean;
        })[] = [];
        const direct: (() => void)[] = [];
        const held = (): number => names.reduce((sum, name) => sum + admission(name).inFlight, 0);
        let directHeld = 0;
        for (const one of steps) {
          if (one.kind === 'enter') {
            const cancellation = new CancellationSource();
            const {priority, tokens, tried} = one;
            const caller = enter(pool, {priority, tokens, cancellation, tried: new Set(tried)});
            callers.push(Object.assign(caller, {cancellation, isOver: false}));
          } else if (one.kind === 'direct') {
            const at = admission(names[one.member] ?? '');
            void at.admit({priority: 'new', cancellation: neverCancelled}).then((place) => {
              directHeld++;
              direct.push(() => {
                directHeld--;
                place.release();
              });
            });
          } else if (one.kind === 'pause') admission(names[one.member] ?? '').pause(one.ms);
          else if (one.kind === 'wait') await clock.advance(one.ms);
          else {
            const caller = callers[one.index];
            if (caller === undefined) direct.pop()?.();
            else if (!caller.isOver) endOf(caller, one.how);
          }
          await settle();
          const inside = callers.filter(({at, isOver}) => at !== undefined && !isOver).length;
          expect(held()).toBe(inside + directHeld);
        }
        await runOut(clock, callers, direct);
        const lost = callers.filter(({at, error}) => at === undefined && error === undefined);
        expect([lost.length, pool.waiting, held(), clock.pendingTimers]).toEqual([0, 0, 0, 0]);
        expect(callers.every(({cancellation}) => cancellation.listenerCount === 0)).toBe(true);
      }),
      {numRuns: 300},
    );
  });
});

type PropertyCaller = ReturnType<typeof enter> & {readonly cancellation: CancellationSource; isOver: boolean};

function endOf(caller: PropertyCaller, how: 'answer' | 'fail' | 'unreachable' | 'cancel'): void {
  if (caller.at === undefined) {
    if (how === 'cancel') caller.cancellation.cancel(new Error('enough'));
    return;
  }
  caller.isOver = true;
  if (how === 'answer') caller.answer();
  else caller.fail(how === 'unreachable' ? {unreachable: true} : {});
}

/** Everybody is answered from now on, until nobody is left. */
async function runOut(
  clock: FakeClock,
  callers: readonly PropertyCaller[],
  direct: (() => void)[],
): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    for (const caller of callers) if (!caller.isOver) endOf(caller, 'answer');
    for (let leave = direct.pop(); leave !== undefined; leave = direct.pop()) leave();
    await clock.advance(5_000);
  }
}
