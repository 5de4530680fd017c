import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError} from '../../src/core/errors.ts';
import type {WireModel, WireRequest} from '../../src/core/wire.ts';
import {type AsideEvent, createFailover, type FailoverProvider} from '../../src/dispatch/failover.ts';
import {seededRandom} from '../../src/runtime/random.ts';
import {createFakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {ask, bodyAnswer, FedChunks, failure, streamAnswer, textOf} from './wire-answers.ts';

const options = {cancellation: neverCancelled};
const throttled = (retryAfterMs?: number) =>
  failure({httpStatus: 429, throttled: true, code: 'ERR_MODEL_RATE_LIMIT', retryAfterMs});
const wrongKey = () => failure({httpStatus: 401, effect: 'run', code: 'ERR_MODEL_AUTH'});

/** A backend whose providers fail as `faults` says at the time, by name, else answer with their name. */
function setUp(
  tiers: readonly (readonly string[])[],
  faults: Record<string, (() => CallError) | undefined> = {},
) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const aside: AsideEvent[] = [];
  const back: string[] = [];
  const provider = (name: string): FailoverProvider => ({
    name,
    model: async () => {
      asked.push(name);
      await Promise.resolve();
      const fault = faults[name];
      if (fault !== undefined) throw fault();
      return bodyAnswer(name);
    },
  });
  const failover = createFailover({
    tiers: tiers.map((tier) => tier.map(provider)),
    clock,
    random: seededRandom(3),
    onAside: (event) => aside.push(event),
    onBack: (name) => back.push(name),
  });
  /** Who answered, or the error. */
  const call = async (): Promise<string | CallError> =>
    failover.model(ask, options).then(textOf, (error: unknown) => error as CallError);
  return {clock, asked, aside, back, faults, failover, call};
}

describe('failover', () => {
  it('asks the best tier as long as it answers', async () => {
    const {call, asked} = setUp([['a'], ['b']]);
    for (let time = 0; time < 5; time++) expect(await call()).toBe('a');
    expect(asked).toEqual(['a', 'a', 'a', 'a', 'a']);
  });

  it.each([
    ['throttled', throttled],
    ['failing', () => failure({httpStatus: 502})],
    ['not answering in time', () => failure({httpStatus: undefined, code: 'ERR_MODEL_TIMEOUT'})],
    ['unreachable', () => failure({httpStatus: undefined, unreachable: true})],
    ['signed in with a wrong key', wrongKey],
  ])('goes on with the same request at once when a provider is %s', async (_, fault) => {
    const {clock, call, asked} = setUp([['a'], ['b']], {a: fault});
    expect([await call(), clock.monotonic()]).toEqual(['b', 0]);
    expect(asked).toEqual(['a', 'b']);
  });

  it('counts the calls that failed in the trace of the answer', async () => {
    const {failover} = setUp([['a'], ['b'], ['c']], {a: throttled, b: wrongKey});
    expect((await failover.model(ask, options)).trace.calls).toBe(3);
  });

  it.each([
    ['a bad request', failure({httpStatus: 400, effect: 'settings'})],
    ['a filtered prompt', failure({httpStatus: 400, effect: 'rollout'})],
    ['something that it names and that is not there', failure({httpStatus: 404, effect: 'rollout'})],
  ])('leaves %s to the client, and asks the same provider again', async (_, error) => {
    const {call, asked, aside, failover} = setUp([['a'], ['b']], {a: () => error});
    expect([await call(), await call()]).toEqual([error, error]);
    expect([asked, aside]).toEqual([['a', 'a'], []]);
    expect(failover.status()[0]).toMatchObject({state: 'serving', pending: 0, failures: 0});
  });

  it('throws a bug as it is', async () => {
    const bug = new TypeError('x is not a function');
    const {call, asked} = setUp([['a'], ['b']], {a: () => bug as unknown as CallError});
    expect(await call()).toBe(bug);
    expect(asked).toEqual(['a']);
  });

  it('sends nothing to a provider set aside, then one call to try it out, then all', async () => {
    const {clock, call, asked, back, faults} = setUp([['a'], ['b']], {a: () => throttled(75_000)});
    await call();
    faults['a'] = undefined;
    await clock.advance(74_999);
    expect(await Promise.all([call(), call(), call()])).toEqual(['b', 'b', 'b']);
    await clock.advance(1);
    expect(await Promise.all([call(), call(), call()])).toEqual(['a', 'b', 'b']);
    expect([await call(), back]).toEqual(['a', ['a']]);
    expect(asked.filter((name) => name === 'a')).toHaveLength(3);
  });

  it('sets a provider aside for longer with each probe that fails', async () => {
    const {clock, call, aside} = setUp([['a'], ['b']], {a: () => failure()});
    for (let second = 0; second < 200; second++) {
      await call();
      await clock.advance(1_000);
    }
    expect(aside.slice(0, 5).map(({waitMs}) => waitMs)).toEqual([3_000, 6_000, 9_000, 12_000, 15_000]);
  });

  it('tells of a provider that is set up wrongly although the others answer', async () => {
    const {call, aside} = setUp([['a'], ['b']], {a: wrongKey});
    expect(await call()).toBe('b');
    expect(aside).toEqual([
      expect.objectContaining({name: 'a', isMisconfigured: true, waitMs: 60_000}) as AsideEvent,
    ]);
  });

  it('lets only the request go on that a provider knows nothing of, while it answers others', async () => {
    const {call, aside, asked, faults, failover} = setUp([['a'], ['b']]);
    expect(await call()).toBe('a');
    faults['a'] = () => failure({httpStatus: 404, effect: 'run', code: 'ERR_MODEL_RESOURCE_NOT_FOUND'});
    expect([await call(), await call()]).toEqual(['b', 'b']);
    expect(asked).toEqual(['a', 'a', 'b', 'a', 'b']);
    expect(aside).toMatchObject([{name: 'a', waitMs: 0, isMisconfigured: true}, {waitMs: 0}]);
    expect(failover.status()[0]).toMatchObject({state: 'serving', lastError: 'ERR_MODEL_RESOURCE_NOT_FOUND'});
  });

  it('sets one aside that never knew of anything', async () => {
    const notThere = () => failure({httpStatus: 404, effect: 'run'});
    const {call, aside} = setUp([['a'], ['b']], {a: notThere});
    expect([await call(), aside]).toMatchObject(['b', [{name: 'a', waitMs: 60_000}]]);
  });

  it('asks the one that comes back first when all are set aside, rather than nobody', async () => {
    const {call, asked, faults} = setUp([['a'], ['b']], {
      a: () => throttled(90_000),
      b: () => throttled(30_000),
    });
    await call();
    faults['b'] = undefined;
    asked.length = 0;
    expect(await call()).toBe('b');
    expect(asked).toEqual(['b']);
  });

  it('asks everyone who may have recovered before it fails, though all are set aside', async () => {
    const {call, asked, faults} = setUp([['a'], ['b'], ['c']], {
      a: () => failure(),
      b: () => throttled(30_000),
      c: () => failure(),
    });
    expect(await call()).toBeInstanceOf(CallError);
    faults['c'] = undefined;
    asked.length = 0;
    expect(await call()).toBe('c');
    expect(asked).toEqual(['a', 'c']);
  });

  it('holds nothing against a provider that was not even asked, because of a cool-down', async () => {
    const notAsked = (): CallError => Object.assign(throttled(30_000), {calls: 0});
    const {call, aside, failover} = setUp([['a'], ['b']], {a: notAsked});
    expect([await call(), aside]).toEqual(['b', []]);
    expect(failover.status()[0]).toMatchObject({state: 'serving', failures: 0, health: 1});
  });

  it('fails with the last error and the time until the first is back', async () => {
    const {clock, call, asked, failover} = setUp([['a', 'b'], ['c']], {
      a: () => throttled(90_000),
      b: () => throttled(40_000),
      c: () => throttled(60_000),
    });
    expect(await call()).toMatchObject({code: 'ERR_MODEL_RATE_LIMIT', retryAfterMs: 40_000, calls: 3});
    await clock.advance(15_000);
    asked.length = 0;
    expect(await call()).toMatchObject({retryAfterMs: 40_000, calls: 1});
    expect(asked).toEqual(['b']);
    expect(failover.status().map(({backInMs}) => backInMs)).toEqual([75_000, 40_000, 45_000]);
  });

  it('never asks again once a stream has begun', async () => {
    const chunks = new FedChunks();
    const asked: string[] = [];
    const provider = (name: string): FailoverProvider => ({
      name,
      model: () => {
        asked.push(name);
        return Promise.resolve(streamAnswer(chunks));
      },
    });
    const failover = createFailover({
      ...{tiers: [[provider('a')], [provider('b')]], clock: createFakeClock(), random: () => 0},
    });
    const {content} = await failover.model(ask, options);
    if (content.kind === 'body') throw new Error('no stream');
    const next = content.chunks[Symbol.asyncIterator]()
      .next()
      .catch((error: unknown) => error);
    await settle();
    expect(failover.status()[0]).toMatchObject({pending: 1});
    const broken = failure();
    chunks.fail(broken);
    expect(await next).toBe(broken);
    await settle();
    expect(asked).toEqual(['a']);
    expect(failover.status()[0]).toMatchObject({pending: 0});
  });

  it.each([
    ['ERR_MODEL_TRUNCATED', 0.7],
    ['content_filter', 1],
    [undefined, 1],
  ])('holds a stream that ended with %s against the provider', async (errorCode, health) => {
    const chunks = new FedChunks();
    const stream = {...streamAnswer(chunks), facts: {errorCode}};
    const failover = createFailover({
      tiers: [[{name: 'a', model: () => Promise.resolve(stream)}]],
      ...{clock: createFakeClock(), random: () => 0},
    });
    const {content} = await failover.model(ask, options);
    if (content.kind === 'body') throw new Error('no stream');
    const next = content.chunks[Symbol.asyncIterator]().next();
    await settle();
    chunks.end();
    await next;
    await settle();
    expect(failover.status()[0]).toMatchObject({health, state: 'serving'});
  });

  it('stops when the client is gone, and holds nothing against the provider', async () => {
    const source = new CancellationSource();
    const asked: string[] = [];
    const model: WireModel = (_, {cancellation}) => {
      asked.push('a');
      return new Promise((_resolve, reject) => cancellation.onCancel(reject));
    };
    const failover = createFailover({
      tiers: [[{name: 'a', model}], [{name: 'b', model}]],
      clock: createFakeClock(),
      random: () => 0,
    });
    const result = failover.model(ask, {cancellation: source}).catch((error: unknown) => error);
    await settle();
    const reason = new Error('gone');
    source.cancel(reason);
    expect(await result).toBe(reason);
    expect(asked).toEqual(['a']);
    expect(failover.status()[0]).toMatchObject({state: 'serving', pending: 0, health: 1});
  });

  it('asks the one that has room', async () => {
    const answer = (name: string, hasRoom: boolean): FailoverProvider => ({
      name,
      model: () => Promise.resolve(bodyAnswer(name)),
      hasRoom: () => hasRoom,
    });
    const failover = createFailover({
      tiers: [[answer('full', false), answer('free', true)]],
      clock: createFakeClock(),
      random: seededRandom(5),
    });
    const names: string[] = [];
    for (let time = 0; time < 100; time++) names.push(textOf(await failover.model(ask, options)));
    expect(names.filter((name) => name === 'free').length).toBeGreaterThan(60);
  });

  it('is refused without providers', () => {
    expect(() => createFailover({tiers: [[]], clock: createFakeClock(), random: () => 0})).toThrow(/without/);
  });
});

describe('failover, whatever happens to its providers', () => {
  const fault = fc.constantFrom('none', 'server', 'busy', 'asks', 'key', 'slow');
  const backend = fc.array(fc.integer({min: 1, max: 3}), {minLength: 1, maxLength: 3});
  const weather = fc.array(fc.record({which: fc.nat(8), fault, advanceMs: fc.nat(20_000)}), {maxLength: 25});

  /** Plays the weather, a burst of requests after each change. */
  async function play(
    sizes: readonly number[],
    changes: readonly {which: number; fault: string; advanceMs: number}[],
  ): Promise<Seen> {
    const clock = createFakeClock();
    const names = sizes.flatMap((size, tier) =>
      Array.from({length: size}, (_, at) => `${String(tier)}.${String(at)}`),
    );
    const faults = new Map<string, string>();
    const seen: Seen = {sent: 0, settled: 0, answered: 0, tries: [], faults, names, status: () => []};
    const provider = (name: string): FailoverProvider => ({
      name,
      model: async (request) => {
        const current = faults.get(name) ?? 'none';
        const asked = askedBy.get(request) ?? new Set();
        askedBy.set(request, asked.add(name));
        const others = failover.status().filter((other) => !asked.has(other.name));
        seen.tries.push({
          name,
          wasAside: asideUntil.get(name) ?? 0,
          at: clock.monotonic(),
          othersServe: others.some(({state}) => state === 'serving'),
        });
        const tookMs = current === 'slow' ? 4_000 : 10;
        await new Promise<void>((resolve) => clock.setTimer(tookMs, resolve));
        if (current === 'server' || current === 'slow') throw failure();
        if (current === 'busy') throw throttled();
        if (current === 'asks') throw throttled(15_000);
        if (current === 'key') throw wrongKey();
        return bodyAnswer(name);
      },
    });
    const asideUntil = new Map<string, number>();
    const askedBy = new Map<WireRequest, Set<string>>();
    const failover = createFailover({
      tiers: sizes.map((size, tier) =>
        Array.from({length: size}, (_, at) => provider(`${String(tier)}.${String(at)}`)),
      ),
      clock,
      random: seededRandom(11),
      onAside: ({name, waitMs}) => asideUntil.set(name, clock.monotonic() + waitMs),
      onBack: (name) => asideUntil.delete(name),
    });
    seen.status = () => failover.status();
    for (const change of [
      ...changes,
      {which: 0, fault: faults.get(names[0] ?? '') ?? 'none', advanceMs: 0},
    ]) {
      faults.set(names[change.which % names.length] ?? '', change.fault);
      for (let at = 0; at < 3; at++) {
        seen.sent++;
        void failover.model({...ask}, options).then(
          () => {
            seen.answered++;
            seen.settled++;
          },
          () => seen.settled++,
        );
      }
      await clock.advance(change.advanceMs);
    }
    await clock.advance(200_000);
    return seen;
  }

  interface Seen {
    sent: number;
    settled: number;
    answered: number;
    tries: {name: string; wasAside: number; at: number; othersServe: boolean}[];
    faults: Map<string, string>;
    names: readonly string[];
    status: () => readonly {state: string; pending: number}[];
  }

  it('loses no request and keeps no place', async () => {
    await fc.assert(
      fc.asyncProperty(backend, weather, async (sizes, changes) => {
        const seen = await play(sizes, changes);
        expect(seen.settled).toBe(seen.sent);
        expect(seen.status().every(({pending}) => pending === 0)).toBe(true);
      }),
      {numRuns: 60},
    );
  });

  it('answers every request as long as one provider never fails', async () => {
    await fc.assert(
      fc.asyncProperty(backend, weather, async (sizes, changes) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        // The last provider of the last tier stays well.
        const spared = changes.map((change) =>
          change.which % total === total - 1 ? {...change, fault: 'none'} : change,
        );
        const seen = await play(sizes, spared);
        expect(seen.answered).toBe(seen.sent);
      }),
      {numRuns: 60},
    );
  });

  it('sends nothing to a provider before its time while another could still be asked', async () => {
    await fc.assert(
      fc.asyncProperty(backend, weather, async (sizes, changes) => {
        const {tries} = await play(sizes, changes);
        const tooEarly = tries.filter(({wasAside, at, othersServe}) => at < wasAside && othersServe);
        expect(tooEarly).toEqual([]);
      }),
      {numRuns: 60},
    );
  });

  it('is back in the best tier within a minute and a few calls after that is well again', async () => {
    await fc.assert(
      fc.asyncProperty(backend, weather, async (sizes, changes) => {
        const {clock, call, faults} = setUp(
          sizes.map((size, tier) => Array.from({length: size}, (_, at) => `${String(tier)}.${String(at)}`)),
        );
        const names = sizes.flatMap((size, tier) =>
          Array.from({length: size}, (_, at) => `${String(tier)}.${String(at)}`),
        );
        for (const {which, fault: kind, advanceMs} of changes) {
          faults[names[which % names.length] ?? ''] = kind === 'none' ? undefined : () => throttled();
          await call();
          await clock.advance(advanceMs);
        }
        for (const name of names) faults[name] = undefined;
        await clock.advance(60_000);
        // Each provider of the tier has one call to come back with.
        const answers: (string | CallError)[] = [];
        for (let time = 0; time < names.length + 1; time++) answers.push(await call());
        expect(answers.every((answer) => typeof answer === 'string')).toBe(true);
        expect(answers.at(-1)).toMatch(/^0\./);
      }),
      {numRuns: 60},
    );
  });
});
