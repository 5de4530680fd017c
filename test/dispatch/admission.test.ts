import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {
  type Admission,
  type CoolDown,
  createAdmission,
  type Place,
  type Priority,
} from '../../src/dispatch/admission.ts';
import {createQuota, type QuotaOptions} from '../../src/dispatch/quota.ts';
import {createFakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {failure} from './wire-answers.ts';

function track(admission: Admission, priority: Priority, cancellation = neverCancelled) {
  const entry: {release: (() => void) | undefined; error: unknown} = {release: undefined, error: undefined};
  admission.admit({priority, cancellation}).then(
    (place: Place) => (entry.release = () => place.release()),
    (error: unknown) => (entry.error = error),
  );
  return entry;
}

describe('admission', () => {
  it('lets as many in as the limit says and the next when one leaves', async () => {
    const admission = createAdmission({limit: 2, clock: createFakeClock(), openEveryMs: 0});
    const [first, , third] = [track(admission, 'new'), track(admission, 'new'), track(admission, 'new')];
    await settle();
    expect([admission.inFlight, admission.waiting, third.release]).toEqual([2, 1, undefined]);
    first.release?.();
    await settle();
    expect(third.release).toBeDefined();
  });

  it('serves a rollout already begun before one that waits to begin', async () => {
    const admission = createAdmission({limit: 1, clock: createFakeClock()});
    const holder = track(admission, 'new');
    const fresh = track(admission, 'new');
    const begun = track(admission, 'begun');
    await settle();
    holder.release?.();
    await settle();
    expect([begun.release === undefined, fresh.release === undefined]).toEqual([false, true]);
  });

  it('says what holds all of those up who wait: a cool-down or the quota, but not a lack of places', async () => {
    const clock = createFakeClock();
    const quota = createQuota({tokensPerMinute: 1000});
    const admission = createAdmission({limit: 2, clock, openEveryMs: 0, quota});
    const enter = (tokens: number) =>
      admission.admit({priority: 'new', cancellation: neverCancelled, tokens: () => tokens});
    const first = await enter(900);
    expect(admission.hold).toBeUndefined();
    void enter(500);
    expect(admission.hold).toEqual({leftMs: expect.closeTo(60_000, -4) as number, because: undefined});
    const refusal = failure();
    admission.pause(75_000, refusal);
    await clock.advance(5_000);
    expect(admission.hold).toEqual({leftMs: 70_000, because: refusal});
    await clock.advance(70_000);
    expect([admission.waiting, admission.hold]).toEqual([0, undefined]);
    void enter(1);
    void enter(1);
    expect([admission.waiting, admission.hold]).toEqual([2, undefined]);
    first.release();
  });

  it('opens its places one after another, and again after a cool-down', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 100, clock, openEveryMs: 2});
    const crowd = Array.from({length: 200}, () => track(admission, 'new'));
    await clock.advance(19);
    expect(admission.inFlight).toBe(10);
    await clock.advance(1000);
    expect(admission.inFlight).toBe(100);
    admission.pause(5000);
    for (const {release} of crowd) release?.();
    await clock.advance(5000);
    expect(admission.inFlight).toBe(1);
    await clock.advance(19);
    expect(admission.inFlight).toBe(10);
  });

  it.each([
    {limit: 10, ms: 15},
    {limit: 1_000, ms: 125},
  ])('has $limit places open after $ms ms, and half of them at half that time', async ({limit, ms}) => {
    const clock = createFakeClock();
    const admission = createAdmission({limit, clock});
    for (let n = 0; n < limit; n++) track(admission, 'new');
    await clock.advance(ms / 2);
    expect(Math.abs(admission.inFlight - limit / 2)).toBeLessThanOrEqual(limit / 50 + 1);
    await clock.advance(ms / 2);
    expect(admission.inFlight).toBe(limit);
  });

  it('gives a place that is free at once, without waiting for the next to open', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 100, clock, openEveryMs: 1000});
    const first = track(admission, 'new');
    const second = track(admission, 'new');
    await settle();
    first.release?.();
    await settle();
    expect(second.release).toBeDefined();
  });

  it('leaves no timer when everyone who waited is gone', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 3, clock});
    admission.pause(75_000);
    const source = new CancellationSource();
    track(admission, 'new', source);
    expect(clock.pendingTimers).toBe(1);
    source.cancel();
    expect(clock.pendingTimers).toBe(0);
    await settle();
  });

  it('lets nobody in during a cool-down and everybody who fits after it', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 3, clock, openEveryMs: 0});
    admission.pause(75_000);
    const waiting = [track(admission, 'new'), track(admission, 'new')];
    await clock.advance(74_999);
    expect(admission.hasRoom).toBe(false);
    expect(waiting.every(({release}) => release === undefined)).toBe(true);
    await clock.advance(1);
    expect(waiting.every(({release}) => release !== undefined)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the longer of two cool-downs', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 1, clock});
    admission.pause(10_000);
    const entry = track(admission, 'new');
    admission.pause(30_000);
    admission.pause(5_000);
    await clock.advance(29_999);
    expect(entry.release).toBeUndefined();
    await clock.advance(1);
    expect(entry.release).toBeDefined();
  });

  it('asks those who wait, and those who come, whether a cool-down is too long for them', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 1, clock, openEveryMs: 0});
    const because = failure({throttled: true});
    const tooLong = new Error('too long');
    const asked: number[] = [];
    const refuse = (coolDown: CoolDown): Error | undefined => {
      expect(coolDown.because).toBe(because);
      asked.push(coolDown.leftMs);
      return coolDown.leftMs > 10_000 ? tooLong : undefined;
    };
    const source = new CancellationSource();
    const admit = () => {
      const options = {priority: 'new', cancellation: source, refuse} as const;
      return admission.admit(options).catch((error: unknown) => error);
    };
    const holder = track(admission, 'new');
    const brief = admit();
    const patient = track(admission, 'new');
    await settle();
    admission.pause(5_000, because);
    admission.pause(60_000, because);
    expect(await brief).toBe(tooLong);
    expect(await admit()).toBe(tooLong);
    await clock.advance(55_000);
    const late = admit();
    expect(asked).toEqual([5_000, 60_000, 60_000, 5_000]);
    holder.release?.();
    await clock.advance(5_000);
    expect(patient.release).toBeDefined();
    patient.release?.();
    expect(await late).toHaveProperty('release');
    expect([admission.waiting, source.listenerCount, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('refuses nobody because of a pause that has no reason', async () => {
    const clock = createFakeClock();
    const admission = createAdmission({limit: 1, clock});
    admission.pause(60_000);
    const admitted = admission.admit({
      ...{priority: 'new', cancellation: neverCancelled},
      refuse: () => new Error('no'),
    });
    await clock.advance(60_000);
    expect(await admitted).toHaveProperty('release');
  });

  it('forgets one who is cancelled while waiting', async () => {
    const admission = createAdmission({limit: 1, clock: createFakeClock()});
    const holder = track(admission, 'new');
    const source = new CancellationSource();
    const cancelled = track(admission, 'new', source);
    const next = track(admission, 'new');
    await settle();
    const reason = new Error('enough');
    source.cancel(reason);
    holder.release?.();
    await settle();
    expect(cancelled.error).toBe(reason);
    expect(next.release).toBeDefined();
    expect(source.listenerCount).toBe(0);
  });

  it('counts a place once, however often it is given back', async () => {
    const admission = createAdmission({limit: 1, clock: createFakeClock()});
    const first = track(admission, 'new');
    await settle();
    first.release?.();
    first.release?.();
    expect(admission.inFlight).toBe(0);
  });

  it('never exceeds the limit and serves everyone, for all orders of coming and going', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 5}),
        fc.array(fc.record({begun: fc.boolean(), pauseMs: fc.nat(50), holdMs: fc.nat(40)}), {maxLength: 40}),
        async (limit, visits) => {
          const clock = createFakeClock();
          const admission = createAdmission({limit, clock});
          let peak = 0;
          let served = 0;
          for (const {begun, pauseMs, holdMs} of visits) {
            if (pauseMs > 40) admission.pause(pauseMs);
            void admission
              .admit({priority: begun ? 'begun' : 'new', cancellation: neverCancelled})
              .then((place) => {
                peak = Math.max(peak, admission.inFlight);
                served++;
                clock.setTimer(holdMs, () => place.release());
              });
          }
          await clock.advance(10_000);
          expect(served).toBe(visits.length);
          expect(peak).toBeLessThanOrEqual(limit);
          expect(admission.inFlight).toBe(0);
        },
      ),
      {numRuns: 60},
    );
  });
});

describe('admission with a quota', () => {
  const ask = (admission: Admission, tokens: number, priority: Priority = 'new') => {
    const entry: {place: Place | undefined} = {place: undefined};
    void admission
      .admit({priority, cancellation: neverCancelled, tokens: () => tokens})
      .then((place) => (entry.place = place));
    return entry;
  };
  const startedOf = (entries: readonly {place: Place | undefined}[]) =>
    entries.flatMap(({place}, index) => (place === undefined ? [] : [index]));

  function setUp(quota: QuotaOptions = {tokensPerMinute: 1_000}, limit = 100) {
    const clock = createFakeClock();
    const admission = createAdmission({limit, quota: createQuota(quota), clock, openEveryMs: 0});
    return {clock, admission};
  }

  it('lets those in that fit, and the others when there is room again', async () => {
    const {clock, admission} = setUp();
    const calls = [400, 400, 400].map((tokens) => ask(admission, tokens));
    await settle();
    expect([startedOf(calls), admission.hasRoom]).toEqual([[0, 1], false]);
    await clock.advance(60_249);
    expect(startedOf(calls)).toEqual([0, 1]);
    await clock.advance(1);
    expect([startedOf(calls), clock.pendingTimers]).toEqual([[0, 1, 2], 0]);
  });

  it('lets small calls go before a large one that does not fit, but only eight', async () => {
    const {clock, admission} = setUp();
    ask(admission, 500);
    await clock.advance(30_000);
    const large = ask(admission, 900);
    const small = Array.from({length: 12}, () => ask(admission, 20));
    await clock.advance(0);
    expect(startedOf(small)).toHaveLength(8);
    await clock.advance(60_250);
    expect(large.place).toBeDefined();
    await clock.advance(60_250);
    expect(startedOf(small)).toHaveLength(12);
  });

  it('serves rollouts already begun first, also where it is the quota that is short', async () => {
    const {clock, admission} = setUp();
    ask(admission, 1_000);
    const fresh = ask(admission, 600);
    const begun = ask(admission, 600, 'begun');
    await clock.advance(60_250);
    expect([fresh.place === undefined, begun.place === undefined]).toEqual([true, false]);
  });

  it('learns the limits from the first reply, and has then counted what went before it', async () => {
    const {admission} = setUp({});
    const calls = [ask(admission, 400), ask(admission, 400)];
    await settle();
    calls[0]?.place?.answered(50, {limitTokens: 1_000, remainingTokens: 600});
    const more = [ask(admission, 200), ask(admission, 200)];
    await settle();
    expect(startedOf(more)).toEqual([0]);
  });

  it('asks for tokens also where replies say nothing of limits, as refusals may tell them', async () => {
    const {admission} = setUp({});
    const first = ask(admission, 1);
    await settle();
    first.place?.answered(50);
    const options = {priority: 'new', cancellation: neverCancelled} as const;
    let asked = 0;
    await admission.admit({...options, tokens: () => ++asked});
    expect([admission.inFlight, asked]).toEqual([2, 1]);
  });

  it('asks one who would rather not wait about a quota that is used up', async () => {
    const {clock, admission} = setUp();
    ask(admission, 800);
    await clock.advance(10_000);
    const asked: CoolDown[] = [];
    const refuse = (coolDown: CoolDown): Error => {
      asked.push(coolDown);
      return new Error('too long');
    };
    const options = {priority: 'new', cancellation: neverCancelled, tokens: () => 300, refuse} as const;
    await expect(admission.admit(options)).rejects.toThrow('too long');
    expect(asked).toEqual([{leftMs: 50_250, because: undefined}]);
  });

  it('never exceeds limit and quota, settles every call and loses nobody, for all orders', async () => {
    const visit = fc.record({
      gapMs: fc.nat(3_000),
      holdMs: fc.nat(4_000),
      tokens: fc.integer({min: 1, max: 900}),
      end: fc.constantFrom('answered', 'silent', 'refused', 'cancelled'),
      isBegun: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 6}),
        fc.array(visit, {maxLength: 40}),
        async (limit, visits) => {
          const {clock, admission} = setUp({tokensPerMinute: 1_000, requestsPerMinute: 30}, limit);
          const sent: {readonly atMs: number; tokens: number}[] = [];
          let settled = 0;
          const start = (tokens: number): {tokens: number} => {
            expect(admission.inFlight).toBeLessThanOrEqual(limit);
            const nowMs = clock.monotonic();
            const call = {atMs: nowMs, tokens};
            sent.push(call);
            const within = (ms: number) => sent.filter(({atMs}) => nowMs - atMs < ms);
            expect(within(10_100).length).toBeLessThanOrEqual(5);
            expect(within(60_250).reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(1_000);
            return call;
          };
          for (const {gapMs, holdMs, tokens, end, isBegun} of visits) {
            const source = new CancellationSource();
            const priority: Priority = isBegun ? 'begun' : 'new';
            admission.admit({priority, cancellation: source, tokens: () => tokens}).then(
              (place) => {
                const call = start(tokens);
                clock.setTimer(holdMs, () => {
                  if (end === 'refused') {
                    // Its tokens come back.
                    call.tokens = 0;
                    place.refused(holdMs);
                    admission.pause(holdMs);
                  }
                  if (end === 'answered') place.answered(holdMs, {limitTokens: 1_000, limitRequests: 30});
                  place.release();
                  settled++;
                });
              },
              () => settled++,
            );
            if (end === 'cancelled') clock.setTimer(holdMs, () => source.cancel());
            await clock.advance(gapMs);
          }
          await clock.advance(60 * 60_000);
          expect([settled, admission.inFlight, admission.waiting, clock.pendingTimers]).toEqual([
            visits.length,
            0,
            0,
            0,
          ]);
        },
      ),
      {numRuns: 60},
    );
  });
});
