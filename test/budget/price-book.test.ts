import {describe, expect, it} from 'vitest';
import type {Price} from '../../src/budget/price.ts';
import {PriceFinder} from '../../src/budget/price-book.ts';

const priceAt = (input: number): Price => ({input, cachedInput: input / 2, output: input * 4});
const listed = new Map([
  ['gpt-4o', priceAt(2)],
  ['gpt-4o-2024-05-13', priceAt(5)],
  ['gpt-4o-mini', priceAt(0.1)],
]);

describe('the price of an answer', () => {
  const finder = (own: ReadonlyMap<string, Price>, models: readonly string[] = []) =>
    new PriceFinder({own, listed}, {names: ['policy_model', 'prod-chat'], models});

  it.each([
    {model: 'gpt-4o-2024-05-13', input: 5, why: 'that version is listed'},
    {model: 'gpt-4o-2024-08-06', input: 2, why: 'a version that is not listed costs what the model does'},
    {model: 'GPT-4o', input: 2, why: 'case does not matter'},
    {model: 'gpt-4o-mini-2024-07-18', input: 0.1, why: 'a name that begins alike is another model'},
    {model: 'gpt-4o-2024-08-06.ft-1234', input: undefined, why: 'a fine-tuned model is another model'},
    {model: 'my-model', input: undefined, why: 'nothing is known of it'},
    {model: '', input: undefined, why: 'the reply names none'},
  ])('is $input for $model: $why', ({model, input}) => {
    expect(finder(new Map()).priceOf(model)?.input).toBe(input);
  });

  it('goes by the reply before the configuration, and by that where the reply says nothing of use', () => {
    const prices = finder(new Map(), ['gpt-4o', 'prod-chat']);
    expect(prices.expected?.input).toBe(2);
    expect(prices.priceOf('gpt-4o-mini')?.input).toBe(0.1);
    expect(prices.priceOf('prod-chat-7')?.input).toBe(2);
  });

  it.each(['policy_model', 'prod-chat'])('is what the user set for %s, whatever the reply says', (name) => {
    const prices = finder(new Map([[name, priceAt(7)]]));
    expect([prices.expected?.input, prices.priceOf('gpt-4o')?.input]).toEqual([7, 7]);
  });

  it('is the user’s for a model before the list’s, for every version of it that he does not set apart', () => {
    const own = new Map([
      ['gpt-4o', priceAt(9)],
      ['gpt-4o-2024-11-20', priceAt(8)],
    ]);
    const prices = finder(own);
    expect(prices.priceOf('gpt-4o-2024-11-20')?.input).toBe(8);
    expect(prices.priceOf('gpt-4o-2024-08-06')?.input).toBe(9);
  });

  it('may be nothing', () => {
    expect(finder(new Map([['policy_model', priceAt(0)]])).priceOf('x')).toEqual(priceAt(0));
  });
});
