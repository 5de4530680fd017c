import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  endCall,
  noteAnswer,
  noteBreak,
  noteFailure,
  type ProviderCall,
  type ProviderFailure,
  type ProviderHealth,
  startCall,
  untriedProvider,
} from '../../src/dispatch/provider-health.ts';

const passing: ProviderFailure = {nowMs: 1_000, retryAfterMs: undefined, isMisconfigured: false};

/** One whole call that fails. */
function failOnce(provider: ProviderHealth, about: Partial<ProviderFailure> = {}): ProviderHealth {
  const started = startCall(provider, 0);
  return endCall(noteFailure(started.provider, started.call, {...passing, ...about}), started.call);
}

function answerOnce(provider: ProviderHealth, tookMs = 100): ProviderHealth {
  const {provider: started, call} = startCall(provider, 0);
  return endCall(noteAnswer(started, call, tookMs), call);
}

describe('the health of a provider', () => {
  it('follows its answers and its latency, the last ones counting most', () => {
    const provider = answerOnce(answerOnce(failOnce(untriedProvider), 1_000), 2_000);
    expect(provider).toMatchObject({pending: 0, failures: 0, aside: undefined});
    expect(provider.health).toBeCloseTo(1 - 0.3 * 0.7 * 0.7);
    expect(provider.latencyMs).toBeCloseTo(1_300);
  });

  it('learns nothing about its speed from a refusal, and suffers from an answer that breaks off', () => {
    const {provider, call} = startCall(untriedProvider, 0);
    const refused = noteAnswer(provider, call, undefined);
    expect([refused.latencyMs, refused.health, refused.failures]).toEqual([undefined, 1, 0]);
    expect(noteAnswer({...provider, latencyMs: 80}, call, undefined).latencyMs).toBe(80);
    expect(noteBreak(refused)).toMatchObject({health: 0.7, aside: undefined, failures: 0});
  });

  it.each([
    ['three seconds after a first failure', 1, {}, 3_000],
    ['six after a second in a row', 2, {}, 6_000],
    ['a minute at most', 40, {}, 60_000],
    ['as long as the server asks', 1, {retryAfterMs: 600_000}, 600_000],
    ['no longer than the server asks', 5, {retryAfterMs: 500}, 500],
    ['a minute when it is set up wrongly', 1, {isMisconfigured: true}, 60_000],
  ] as const)('sets it aside for %s', (_, times, about, waitMs) => {
    const isAskedFor = 'retryAfterMs' in about;
    let provider: ProviderHealth = untriedProvider;
    for (let time = 0; time < times; time++) provider = failOnce(provider, about);
    expect(provider.aside).toEqual({untilMs: 1_000 + waitMs, isAskedFor, probes: 0});
    expect(provider.failures).toBe(times);
  });

  it('counts calls that fail together once', () => {
    const calls: ProviderCall[] = [];
    let provider: ProviderHealth = untriedProvider;
    for (let at = 0; at < 20; at++) {
      const started = startCall(provider, 0);
      provider = started.provider;
      calls.push(started.call);
    }
    for (const call of calls) provider = endCall(noteFailure(provider, call, passing), call);
    expect(provider).toMatchObject({pending: 0, failures: 1, aside: {untilMs: 4_000}});
  });

  it('is not brought back by a call that began before, but keeps the longer wait that one learns of', () => {
    const early = startCall(untriedProvider, 0);
    const late = startCall(early.provider, 0);
    const aside = failOnce(late.provider);
    expect(noteAnswer(aside, early.call, 2_000).aside).toEqual(aside.aside);
    const asked = noteFailure(aside, late.call, {...passing, retryAfterMs: 90_000});
    expect(asked).toMatchObject({failures: 1, aside: {untilMs: 91_000, isAskedFor: true}});
  });

  it('is brought back by the call that tries it out', () => {
    const {provider, call} = startCall(failOnce(failOnce(untriedProvider)), 9_000);
    expect([call.isProbe, provider.aside?.probes]).toEqual([true, 1]);
    expect(noteAnswer(provider, call, 9_100)).toMatchObject({aside: undefined, failures: 0});
  });

  it('forgets a probe that was called off', () => {
    const {provider, call} = startCall(failOnce(untriedProvider), 9_000);
    expect(endCall(provider, call).aside).toMatchObject({probes: 0, untilMs: 4_000});
  });

  it('never loses count of calls and probes, in whatever order they begin and end', () => {
    const outcomes = {
      answer: (provider: ProviderHealth, call: ProviderCall) => noteAnswer(provider, call, 5),
      fail: (provider: ProviderHealth, call: ProviderCall) => noteFailure(provider, call, passing),
      ask: (provider: ProviderHealth, call: ProviderCall) =>
        noteFailure(provider, call, {...passing, retryAfterMs: 50}),
      end: (provider: ProviderHealth) => provider,
    };
    const step = fc.record({
      act: fc.constantFrom('start', 'answer', 'fail', 'ask', 'end'),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, {maxLength: 60}), (steps) => {
        let provider: ProviderHealth = untriedProvider;
        const open: ProviderCall[] = [];
        for (const {act, which} of steps) {
          const call = open[which % Math.max(1, open.length)];
          if (call === undefined || act === 'start') {
            const started = startCall(provider, 0);
            provider = started.provider;
            open.push(started.call);
          } else {
            provider = endCall(outcomes[act](provider, call), call);
            open.splice(open.indexOf(call), 1);
          }
          expect(provider.pending).toBe(open.length);
          expect(provider.aside?.probes ?? 0).toBeGreaterThanOrEqual(0);
          expect(provider.aside?.probes ?? 0).toBeLessThanOrEqual(open.length);
          expect(provider.health).toBeGreaterThanOrEqual(0);
          expect(provider.health).toBeLessThanOrEqual(1);
        }
        for (const call of open) provider = endCall(provider, call);
        expect([provider.pending, provider.aside?.probes ?? 0]).toEqual([0, 0]);
      }),
    );
  });
});
