import fc from 'fast-check';
import {expect, it} from 'vitest';
import {hashOf, rendezvousScore} from '../../src/dispatch/rendezvous.ts';

const best = (text: string, names: readonly string[], weight: (name: string) => number = () => 1): string =>
  names.toSorted(
    (one, other) =>
      rendezvousScore(hashOf(text), other, weight(other)) - rendezvousScore(hashOf(text), one, weight(one)),
  )[0] ?? '';

it('keeps every text where it is when another deployment goes', () => {
  fc.assert(
    fc.property(fc.string(), fc.uniqueArray(fc.string(), {minLength: 2, maxLength: 6}), (text, names) => {
      const chosen = best(text, names);
      const others = names.filter((name) => name !== chosen);
      for (const gone of others)
        expect(
          best(
            text,
            names.filter((name) => name !== gone),
          ),
        ).toBe(chosen);
    }),
  );
});

it('gives one of twice the weight about twice as many texts', () => {
  const texts = Array.from({length: 3_000}, (_, index) => `Question ${String(index)}`);
  const heavy = texts.filter(
    (text) => best(text, ['west', 'east'], (name) => (name === 'west' ? 2 : 1)) === 'west',
  );
  expect(heavy.length).toBeGreaterThan(1_900);
  expect(heavy.length).toBeLessThan(2_100);
});
