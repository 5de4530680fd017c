import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError} from '../../src/core/errors.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {type CallTerms, dispatchThrough} from '../../src/dispatch/dispatcher.ts';
import {type MemberAside, Pool} from '../../src/dispatch/pool.ts';
import {PoolGate} from '../../src/dispatch/pool-gate.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {failure} from './wire-answers.ts';

const retry = {maxTries: 4, baseDelayMs: 1000, maxDelayMs: 8000, maxWaitMs: 600_000};
const unreachable = () => failure({unreachable: true, httpStatus: undefined, code: 'ERR_MODEL_UNREACHABLE'});
const refused = (retryAfterMs?: number) =>
  failure({httpStatus: 429, throttled: true, retryAfterMs, code: 'ERR_MODEL_RATE_LIMIT'});
const wrongKey = () => failure({httpStatus: 401, effect: 'run', code: 'ERR_MODEL_AUTH'});

/** Deployments that do what their script says, one step a call, and answer when it is used up; a call takes 100 ms. */
function setUp(
  scripts: Readonly<Record<string, readonly CallError[]>>,
  priorities: Readonly<Record<string, number>> = {},
) {
  const clock = createFakeClock();
  const sent: string[] = [];
  const asides: MemberAside[] = [];
  const backs: string[] = [];
  const names = Object.keys(scripts);
  const left = new Map(Object.entries(scripts).map(([name, script]) => [name, [...script]]));
  const admissions = names.map(() => createAdmission({limit: 8, clock, openEveryMs: 0}));
  const deployments = names.flatMap((name, index) => {
    const admission = admissions[index];
    return admission === undefined ? [] : [{name, admission, priority: priorities[name] ?? 1, weight: 1}];
  });
  const pool = new Pool({
    ...{name: 'pool', deployments, clock},
    ...{onAside: (event) => asides.push(event), onBack: (name) => backs.push(name)},
  });
  const dispatcher = dispatchThrough(new PoolGate({pool, retry, clock, random: () => 0.5}), clock);
  const ask = (terms: Partial<CallTerms> = {}) =>
    dispatcher
      .dispatch(
        async ({member}) => {
          const name = names[member] ?? '';
          sent.push(`${name} ${String(clock.monotonic())}`);
          await new Promise<void>((resolve) => clock.setTimer(100, resolve));
          const error = left.get(name)?.shift();
          if (error !== undefined) throw error;
          return name;
        },
        {cancellation: neverCancelled, priority: 'new', ...terms},
      )
      .catch((error: unknown) => error);
  return {clock, pool, ask, sent, asides, backs, admissions};
}

describe('a call to several deployments', () => {
  it.each([
    ['500', failure()],
    ['429', refused(20_000)],
    ['a time limit', failure({httpStatus: undefined, code: 'ERR_MODEL_TIMEOUT'})],
    ['no connection', unreachable()],
    ['a wrong key', wrongKey()],
  ])('goes to another at once when one fails it with %s', async (_, error) => {
    const {clock, ask, sent} = setUp({west: [error], east: []});
    const result = ask();
    await clock.advance(1_000);
    expect(await result).toEqual({value: 'east', calls: 2, queuedMs: 0, callMs: 200});
    expect(sent).toEqual(['west 0', 'east 100']);
  });

  it('backs off when all have failed it, and fails when its tries are used up, wherever they were', async () => {
    const {clock, ask, sent} = setUp({
      west: [failure(), failure(), failure()],
      east: [failure(), failure(), failure()],
    });
    const result = ask();
    await clock.advance(60_000);
    expect(await result).toMatchObject({code: 'ERR_MODEL_SERVER', calls: 4});
    // Two failures: half of two seconds.
    expect(sent).toEqual(['west 0', 'east 100', 'west 1200', 'east 1300']);
  });

  it('does not count refusals for want of quota as tries', async () => {
    const {clock, ask, sent} = setUp({
      west: Array.from({length: 4}, () => refused(1_000)),
      east: Array.from({length: 4}, () => refused(1_000)),
    });
    const result = ask();
    await clock.advance(60_000);
    expect(await result).toMatchObject({calls: 9});
    expect(sent).toHaveLength(9);
  });

  it('waits for the first of several that asked to be left alone', async () => {
    const {clock, ask, sent} = setUp({west: [refused(75_000)], east: [refused(20_000)]});
    const result = ask();
    await clock.advance(100_000);
    expect(await result).toMatchObject({value: 'east', calls: 3});
    expect(sent).toEqual(['west 0', 'east 100', 'east 20200']);
  });

  it('pauses nobody but the one that refused', async () => {
    const {clock, ask, sent} = setUp({west: [refused(75_000)], east: []});
    for (let index = 0; index < 4; index++) void ask();
    await clock.advance(74_000);
    for (let index = 0; index < 4; index++) void ask();
    await clock.advance(100);
    const late = sent.filter((call) => call.startsWith('west')).slice(2);
    expect([sent.length, late]).toEqual([9, []]);
  });

  it('is not made again when its own request is at fault', async () => {
    const bad = failure({httpStatus: 400, effect: 'settings', code: 'ERR_MODEL_PARAMETER'});
    const {clock, ask, sent, asides} = setUp({west: [bad], east: []});
    const result = ask();
    await clock.advance(1_000);
    expect(await result).toBe(bad);
    expect([sent, asides]).toEqual([['west 0'], []]);
  });

  it('survives that all restart for a while, and gives up two minutes after the last sign of life', async () => {
    const blips = Array.from({length: 6}, unreachable);
    const {clock, ask} = setUp({west: blips, east: blips.map(unreachable)});
    const {clock: other, ask: askOther} = setUp({
      west: [failure(), ...Array.from({length: 999}, unreachable)],
      east: Array.from({length: 999}, unreachable),
    });
    const before = ask();
    await clock.advance(10_000);
    // It never answered: an address that is misspelt is told of soon.
    expect(await before).toMatchObject({unreachable: true, calls: 4});
    const result = askOther();
    await other.advance(110_000);
    const isOver = await Promise.race([result.then(() => true), other.advance(0).then(() => false)]);
    expect(isOver).toBe(false);
    await other.advance(30_000);
    expect(await result).toMatchObject({unreachable: true});
  });

  it('stops at once when cancelled between two deployments, and leaves nothing behind', async () => {
    const {clock, ask, pool, admissions} = setUp({west: [failure()], east: [failure()]});
    const cancellation = new CancellationSource();
    const result = ask({cancellation});
    await clock.advance(250);
    cancellation.cancel(new Error('enough'));
    expect(await result).toMatchObject({message: 'enough'});
    expect(admissions.map(({inFlight}) => inFlight)).toEqual([0, 0]);
    expect([clock.pendingTimers, cancellation.listenerCount, pool.waiting]).toEqual([0, 0, 0]);
  });
});

describe('a deployment that is lost', () => {
  it('is told of once, and the others go on', async () => {
    const {clock, ask, asides, sent} = setUp({west: [wrongKey(), wrongKey()], east: []});
    const results = [ask(), ask(), ask(), ask()];
    await clock.advance(10_000);
    expect(await Promise.all(results)).toMatchObject(Array.from({length: 4}, () => ({value: 'east'})));
    expect(asides.map(({name, isLost, error}) => [name, isLost, error.code])).toEqual([
      ['west', true, 'ERR_MODEL_AUTH'],
    ]);
    const before = sent.length;
    void ask();
    await clock.advance(100);
    expect(sent.slice(before).map((call) => call.split(' ')[0])).toEqual(['east']);
  });

  it('is tried again a minute later, and comes back when somebody has mended it', async () => {
    const {clock, ask, backs, sent} = setUp({west: [wrongKey()], east: []});
    void ask();
    await clock.advance(61_000);
    void ask();
    await clock.advance(1_000);
    expect([sent.at(-1)?.split(' ')[0], backs]).toEqual(['west', ['west']]);
  });

  it('ends the run when there is no other, with its own error', async () => {
    const {clock, ask} = setUp({west: [wrongKey()], east: [wrongKey()]});
    const result = ask();
    await clock.advance(1_000);
    expect(await result).toMatchObject({code: 'ERR_MODEL_AUTH', effect: 'run', calls: 2});
  });

  it('ends the run as out of quota when the quota of any is what is missing', async () => {
    const {clock, ask, asides} = setUp({west: [refused(86_400_000)], east: [wrongKey()]});
    const result = ask();
    await clock.advance(1_000);
    expect(await result).toMatchObject({code: 'ERR_MODEL_QUOTA_EXHAUSTED', effect: 'run', calls: 2});
    expect(asides.map(({name, waitMs}) => [name, waitMs])).toEqual([
      ['west', 86_400_000],
      ['east', 60_000],
    ]);
  });

  it('ends the waiting of all others too, when it was the last', async () => {
    const {clock, ask, pool} = setUp({west: [wrongKey()]});
    const results = Array.from({length: 12}, () => ask());
    await clock.advance(100);
    expect(await Promise.all(results.slice(8))).toMatchObject(
      Array.from({length: 4}, () => ({code: 'ERR_MODEL_AUTH'})),
    );
    expect(pool.waiting).toBe(0);
  });
});

describe('a client at a door', () => {
  const impatient = {failsInCoolDown: true} as const;

  it('is told of the wait when all refuse it for longer than it may wait', async () => {
    const {clock, ask, asides} = setUp({west: [refused(700_000)], east: [refused(900_000)]});
    const result = ask(impatient);
    await clock.advance(1_000);
    expect(await result).toMatchObject({
      code: 'ERR_MODEL_RATE_LIMIT',
      effect: 'retry',
      retryAfterMs: 699_900,
      calls: 2,
    });
    const next = ask(impatient);
    await clock.advance(0);
    expect(await next).toMatchObject({retryAfterMs: 699_100, calls: 0});
    expect(asides).toEqual([]);
  });

  it('is answered with a wrong key as soon as every deployment has one', async () => {
    const {clock, ask} = setUp({west: [wrongKey()], east: [wrongKey()]});
    const result = ask(impatient);
    await clock.advance(1_000);
    expect(await result).toMatchObject({code: 'ERR_MODEL_AUTH', calls: 2});
    const next = ask(impatient);
    await clock.advance(1_000);
    expect(await next).toMatchObject({calls: 1});
  });
});
