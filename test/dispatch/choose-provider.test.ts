import {describe, expect, it} from 'vitest';
import {type Candidate, chooseProvider, scoreOf} from '../../src/dispatch/choose-provider.ts';
import {type SetAside, untriedProvider} from '../../src/dispatch/provider-health.ts';
import {seededRandom} from '../../src/runtime/random.ts';

interface Named extends Candidate {
  readonly name: string;
}

const nowMs = 10_000;
const options = {nowMs, random: () => 0, isSecondTry: false};

function candidate(name: string, about: Partial<Named> & {aside?: Partial<SetAside>} = {}): Named {
  const {aside, ...rest} = about;
  const state = {
    ...untriedProvider,
    aside: aside && {untilMs: 20_000, isAskedFor: false, probes: 0, ...aside},
  };
  return {name, tier: 0, hasRoom: true, state, ...rest};
}

/** Draws the first, then the last of a tier, so that both are compared. */
function bothEnds(): () => number {
  let draws = 0;
  return () => (draws++ % 2 === 0 ? 0 : 0.999);
}

describe('the choice of a provider', () => {
  it.each<[string, Named[], string | undefined, boolean]>([
    ['nobody of none', [], undefined, false],
    ['the best tier first', [candidate('b', {tier: 1}), candidate('a')], 'a', false],
    [
      'the next tier when the best is aside',
      [candidate('a', {aside: {}}), candidate('b', {tier: 1})],
      'b',
      false,
    ],
    [
      'whoever is due to be tried out again, before those that serve',
      [candidate('a'), candidate('b', {aside: {untilMs: 9_000}})],
      'b',
      false,
    ],
    [
      'nobody who is being tried out already',
      [candidate('a'), candidate('b', {aside: {untilMs: 9_000, probes: 1}})],
      'a',
      false,
    ],
    [
      'the one that comes back first when all are aside, of whatever tier',
      [candidate('a', {aside: {untilMs: 60_000}}), candidate('b', {tier: 1, aside: {untilMs: 15_000}})],
      'b',
      false,
    ],
    [
      'the better tier when two come back together',
      [candidate('b', {tier: 1, aside: {}}), candidate('a', {aside: {}})],
      'a',
      false,
    ],
    [
      'even one that asked to be left alone, if there is no other',
      [candidate('a', {aside: {isAskedFor: true}})],
      'a',
      false,
    ],
    [
      'no such one for a request that another has failed',
      [candidate('a', {aside: {isAskedFor: true}}), candidate('b', {aside: {untilMs: 50_000}})],
      'b',
      true,
    ],
    [
      'one that failed before one that asked to be left alone, however long it is aside',
      [candidate('a', {aside: {isAskedFor: true}}), candidate('b', {aside: {untilMs: 50_000}})],
      'b',
      false,
    ],
    ['nobody rather than it', [candidate('a', {aside: {isAskedFor: true}})], undefined, true],
    [
      'one whose wait is over although another tries it out',
      [candidate('a', {aside: {isAskedFor: true, untilMs: 9_000, probes: 1}})],
      'a',
      true,
    ],
  ])('is %s', (_, candidates, chosen, isSecondTry) => {
    expect(chooseProvider(candidates, {...options, isSecondTry})?.name).toBe(chosen);
  });

  it.each([
    ['healthier', {health: 0.4}, {health: 0.9}],
    ['quicker', {latencyMs: 9_000}, {latencyMs: 300}],
    ['less busy', {pending: 12}, {pending: 3}],
  ])('falls on the %s of two', (_, worse, good) => {
    const candidates = [
      candidate('worse', {state: {...untriedProvider, ...worse}}),
      candidate('good', {state: {...untriedProvider, ...good}}),
    ];
    expect(chooseProvider(candidates, {...options, random: bothEnds()})?.name).toBe('good');
  });

  it('falls on the one with room, however healthy the other', () => {
    const candidates = [
      candidate('full', {hasRoom: false}),
      candidate('free', {state: {...untriedProvider, health: 0.1}}),
    ];
    expect(chooseProvider(candidates, {...options, random: bothEnds()})?.name).toBe('free');
  });

  it('leaves the worse of two a quarter of the calls, to show that it has become better', () => {
    const random = seededRandom(7);
    const candidates = [
      candidate('good'),
      candidate('slow', {state: {...untriedProvider, latencyMs: 60_000}}),
    ];
    const calls = Array.from({length: 4_000}, () => chooseProvider(candidates, {...options, random})?.name);
    const share = calls.filter((name) => name === 'slow').length / calls.length;
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.28);
  });

  it('scores an idle provider that always answered and was never called highest', () => {
    expect(scoreOf(untriedProvider)).toBe(1);
    expect(scoreOf({...untriedProvider, health: 0.5, latencyMs: 1_000, pending: 10})).toBeCloseTo(0.125);
  });
});
