import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {meterModel} from '../../src/budget/meter-model.ts';
import {spendingOfReply} from '../../src/budget/price.ts';
import {PriceFinder} from '../../src/budget/price-book.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

const price = {input: 2.5, cachedInput: 1.25, output: 10};
const usageOf = (input: number, cached: number, output: number): JsonObject => ({
  input_tokens: input,
  input_tokens_details: {cached_tokens: cached},
  output_tokens: output,
  output_tokens_details: {reasoning_tokens: Math.floor(output / 2)},
  total_tokens: input + output,
});

describe('what a reply costs', () => {
  it('is input, cached input and output at a price each; reasoning is output', () => {
    expect(spendingOfReply({usage: usageOf(1000, 400, 200)}, price)).toEqual({
      inputTokens: 1000,
      outputTokens: 200,
      costUsd: (600 * 2.5 + 400 * 1.25 + 200 * 10) / 1e6,
    });
  });

  it('is not known without a price, and nothing without usage', () => {
    expect(spendingOfReply({usage: usageOf(10, 0, 5)}, undefined)).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      costUsd: undefined,
    });
    expect(spendingOfReply({usage: null}, price)).toBeUndefined();
  });

  it('is between that of all input cached and none', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (input, cached, output) => {
        const cost = (hit: number) =>
          spendingOfReply({usage: usageOf(input, hit, output)}, price)?.costUsd ?? -1;
        const some = cost(Math.min(cached, input));
        expect(some).toBeLessThanOrEqual(cost(0));
        expect(some).toBeGreaterThanOrEqual(cost(input));
      }),
    );
  });
});

describe('a metered model', () => {
  const trace = {deployment: 'gpt', calls: 2, queuedMs: 1, callMs: 5};
  const answer = async (response: JsonObject) => {
    const lists = {own: new Map(), listed: new Map([['gpt-4o', price]])};
    const prices = new PriceFinder(lists, {names: [], models: []});
    const model = meterModel(() => Promise.resolve({response, trace}), prices);
    return (await model({}, {cancellation: neverCancelled})).trace;
  };

  it('tells with the trace what the answer used', async () => {
    const spent = (await answer({model: 'gpt-4o-2024-08-06', usage: usageOf(100, 0, 10)})).spent;
    expect(spent).toEqual({inputTokens: 100, outputTokens: 10, costUsd: 0.00035});
  });

  it('leaves a trace alone that has nothing to tell', async () => {
    expect(await answer({model: 'gpt-4o', usage: null})).toBe(trace);
  });
});
