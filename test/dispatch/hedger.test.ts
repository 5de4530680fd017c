import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import type {CallError} from '../../src/core/errors.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {
  type CallTerms,
  type Dispatched,
  dispatchThrough,
  type ExchangeOptions,
} from '../../src/dispatch/dispatcher.ts';
import {Hedger, type HedgingOptions} from '../../src/dispatch/hedger.ts';
import {Pool} from '../../src/dispatch/pool.ts';
import {PoolGate} from '../../src/dispatch/pool-gate.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {seeded} from './limited-service.ts';
import {failure} from './wire-answers.ts';

interface Sent {
  readonly member: string;
  readonly atMs: number;
  isAborted: boolean;
}

type Step = number | {readonly failsAfterMs: number; readonly error?: CallError};

interface Settings {
  readonly names?: readonly string[];
  readonly limit?: number;
  readonly hedging?: HedgingOptions | undefined;
  /** How long the next exchange takes; that of a copy that is aborted goes no further. */
  readonly nextStep: (member: string) => Step;
}

function setUp({
  names = ['west', 'east'],
  limit = 50,
  hedging = {percentile: 95, maxShare: 0.5},
  nextStep,
}: Settings) {
  const clock = createFakeClock();
  const admissions = names.map(() => createAdmission({limit, clock, openEveryMs: 0}));
  const deployments = names.flatMap((name, index) => {
    const admission = admissions[index];
    return admission === undefined ? [] : [{name, admission, priority: 1, weight: 1}];
  });
  const pool = new Pool({name: 'pool', deployments, clock});
  const retry = {maxTries: 2, baseDelayMs: 1000, maxDelayMs: 8000, maxWaitMs: 600_000};
  const gate = new PoolGate({pool, retry, clock, random: () => 0.5});
  const hedger = new Hedger(pool, gate, clock, hedging);
  const dispatcher = dispatchThrough(gate, clock, hedger);
  const cancellation = new CancellationSource();
  const sent: Sent[] = [];
  const exchange = ({member, cancellation: scope}: ExchangeOptions): Promise<string> => {
    const name = names[member] ?? '';
    const step = nextStep(name);
    const call: Sent = {member: name, atMs: clock.monotonic(), isAborted: false};
    sent.push(call);
    return new Promise((resolve, reject) => {
      const stop = clock.setTimer(typeof step === 'number' ? step : step.failsAfterMs, () => {
        leave();
        if (typeof step === 'number') resolve(name);
        else reject(step.error ?? failure());
      });
      const leave = scope.onCancel((reason) => {
        call.isAborted = true;
        stop();
        reject(reason);
      });
    });
  };
  const ask = (terms: Partial<CallTerms> = {}): Promise<Dispatched<string>> =>
    dispatcher.dispatch(exchange, {cancellation, priority: 'new', ...terms});
  const inFlight = () => admissions.map((admission) => admission.inFlight);
  return {clock, ask, sent, inFlight, cancellation, admissions, pool};
}

/** Sixty calls of 100 ms at each deployment, so that it is known what is usual. */
async function learn({clock, ask, sent}: ReturnType<typeof setUp>): Promise<void> {
  for (let index = 0; index < 3; index++) {
    const calls = Array.from({length: 40}, () => ask());
    await clock.advance(100);
    await Promise.all(calls);
  }
  sent.length = 0;
}

/** What comes after the learning, then 100 ms again. */
function scripted(...steps: readonly Step[]): {readonly nextStep: () => Step; begin(): void} {
  const left = [...steps];
  let hasBegun = false;
  return {
    nextStep: () => (hasBegun ? (left.shift() ?? 100) : 100),
    begin: () => {
      hasBegun = true;
    },
  };
}

async function setUpLearnt(steps: readonly Step[], more: Omit<Partial<Settings>, 'nextStep'> = {}) {
  const script = scripted(...steps);
  const running = setUp({nextStep: script.nextStep, ...more});
  await learn(running);
  script.begin();
  return running;
}

const quiet = ({
  clock,
  inFlight,
  cancellation,
}: {
  clock: FakeClock;
  inFlight: () => number[];
  cancellation: CancellationSource;
}) => [inFlight(), clock.pendingTimers, cancellation.listenerCount];

describe('hedging', () => {
  it('sends a straggler once more, to another deployment, and takes the first answer', async () => {
    const running = await setUpLearnt([5_000, 100]);
    const {clock, ask, sent} = running;
    const from = clock.monotonic();
    const result = ask();
    await clock.advance(10_000);
    const [first, second] = sent;
    expect([first?.atMs, second?.atMs].map((at) => (at ?? 0) - from)).toEqual([0, 100]);
    expect([first?.isAborted, second?.isAborted]).toEqual([true, false]);
    expect(second?.member).not.toBe(first?.member);
    expect(await result).toEqual({
      ...{value: second?.member, calls: 2, queuedMs: 0, callMs: 200},
      lostCopies: [{member: first?.member === 'west' ? 0 : 1, tookMs: 200}],
    });
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('breaks the copy off when the first one is answered first after all', async () => {
    const running = await setUpLearnt([150, 5_000]);
    const {clock, ask, sent} = running;
    const result = ask();
    await clock.advance(10_000);
    const dispatched = await result;
    expect(sent.map(({isAborted}) => isAborted)).toEqual([false, true]);
    expect([dispatched.value, dispatched.calls, dispatched.callMs]).toEqual([sent[0]?.member, 2, 150]);
    expect(dispatched.lostCopies).toMatchObject([{tookMs: 50}]);
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('makes do with the same deployment where there is no other', async () => {
    const {clock, ask, sent} = await setUpLearnt([5_000, 100], {names: ['gpt']});
    const result = ask();
    await clock.advance(10_000);
    expect(await result).toMatchObject({value: 'gpt', calls: 2, callMs: 200});
    expect(sent).toHaveLength(2);
  });

  it('sends nothing twice before it knows what is usual', async () => {
    const {clock, ask, sent} = setUp({nextStep: () => 5_000});
    const calls = Array.from({length: 20}, () => ask());
    await clock.advance(10_000);
    await Promise.all(calls);
    expect(sent).toHaveLength(20);
  });

  it('never waits for a place', async () => {
    const {clock, ask, sent, admissions} = await setUpLearnt([5_000]);
    for (const admission of admissions) admission.pause(2_000);
    const waiting = ask();
    await clock.advance(2_000);
    const before = sent.length;
    for (const admission of admissions) admission.pause(60_000);
    await clock.advance(8_000);
    expect(await waiting).toMatchObject({calls: 1});
    expect([before, sent.length]).toEqual([1, 1]);
  });

  it('lets no error of one copy fail the call while the other runs', async () => {
    const running = await setUpLearnt([{failsAfterMs: 150}, 200]);
    const {clock, ask, sent} = running;
    const result = ask();
    await clock.advance(10_000);
    expect(await result).toMatchObject({
      value: sent[1]?.member,
      calls: 2,
      callMs: 300,
      lostCopies: undefined,
    });
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('fails with the last error when both copies fail, and counts both as tries', async () => {
    const running = await setUpLearnt([{failsAfterMs: 150}, {failsAfterMs: 200}]);
    const {clock, ask, sent} = running;
    const result = ask().catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await result).toMatchObject({code: 'ERR_MODEL_SERVER', calls: 2});
    expect(sent).toHaveLength(2);
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('goes on after a bug of one copy no more than without hedging', async () => {
    const bug = new TypeError('x is not a function');
    const running = await setUpLearnt([{failsAfterMs: 150, error: bug as unknown as CallError}, 5_000]);
    const {clock, ask, sent} = running;
    const result = ask().catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await result).toBe(bug);
    expect(sent.map(({isAborted}) => isAborted)).toEqual([false, true]);
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('breaks both copies off when cancelled', async () => {
    const running = await setUpLearnt([5_000, 5_000]);
    const {clock, ask, sent, cancellation} = running;
    const result = ask().catch((error: unknown) => error);
    await clock.advance(500);
    expect(sent).toHaveLength(2);
    cancellation.cancel(new Error('enough'));
    expect(await result).toMatchObject({message: 'enough'});
    await clock.advance(0);
    expect(sent.map(({isAborted}) => isAborted)).toEqual([true, true]);
    expect(quiet(running)).toEqual([[0, 0], 0, 0]);
  });

  it('is not for what goes on after it is there', async () => {
    const {clock, ask, sent} = await setUpLearnt([5_000]);
    const result = ask({mayHedge: false});
    await clock.advance(10_000);
    expect([(await result).calls, sent.length]).toEqual([1, 1]);
  });

  it('has one timer for all stragglers', async () => {
    const {clock, ask} = await setUpLearnt(Array.from({length: 40}, () => 5_000));
    const before = clock.pendingTimers;
    const calls = Array.from({length: 30}, () => ask());
    await clock.advance(0);
    expect(clock.pendingTimers - before).toBe(30 + 1);
    await clock.advance(20_000);
    await Promise.all(calls);
  });
});

describe('a run with stragglers', () => {
  /** One call in fifty takes twenty times as long. */
  async function run(hedging: HedgingOptions | undefined, stragglers = 0.02) {
    const random = seeded(3);
    const nextStep = (): number => (random() < stragglers ? 20 : 1) * (100 + 100 * random());
    const running = setUp({nextStep, limit: 200, hedging: hedging ?? {percentile: 95, maxShare: 0}});
    const {clock, ask, sent} = running;
    const times: number[] = [];
    let isOver = false;
    const send = (): void => {
      if (isOver) return;
      void ask().then(({callMs}) => times.push(callMs));
      clock.setTimer(20, send);
    };
    send();
    await clock.advance(60_000);
    isOver = true;
    await clock.advance(60_000);
    const sorted = times.toSorted((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    return {p99, calls: times.length, copies: sent.length - times.length, running};
  }

  it('has a tail a fifth as long for one call more in twenty, and none is lost', async () => {
    const [plain, hedged] = [await run(undefined), await run({percentile: 95, maxShare: 0.05})];
    expect(plain.p99).toBeGreaterThan(2_000);
    expect(hedged.p99).toBeLessThan(plain.p99 / 5);
    expect([plain.copies, hedged.calls]).toEqual([0, plain.calls]);
    expect(hedged.copies / hedged.calls).toBeLessThanOrEqual(0.05);
    expect(quiet(hedged.running)).toEqual([[0, 0], 0, 0]);
  });

  it('keeps to the share of second copies also where every other call is a straggler', async () => {
    const {copies, calls} = await run({percentile: 50, maxShare: 0.05}, 0.5);
    expect(copies).toBeGreaterThan(20);
    expect(copies / calls).toBeLessThanOrEqual(0.05);
  });
});
