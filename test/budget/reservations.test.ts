import {describe, expect, it} from 'vitest';
import type {AgentTerms} from '../../src/budget/agent-terms.ts';
import {Reservations} from '../../src/budget/reservations.ts';
import type {PromptSize} from '../../src/core/prompt-size.ts';

const price = {input: 1_000_000, cachedInput: 500_000, output: 2_000_000};
const terms = (more: Partial<AgentTerms> = {}): AgentTerms => ({
  price,
  isRemote: false,
  judge: undefined,
  ...more,
});
const size = (more: Partial<PromptSize> = {}): PromptSize => ({
  promptTokens: 100,
  maxOutputTokens: undefined,
  hasTools: false,
  ...more,
});
const used = (inputTokens: number, outputTokens: number) => ({
  policy: {inputTokens, outputTokens, costUsd: inputTokens + 2 * outputTokens},
  judge: undefined,
});

describe('what is reserved for a rollout', () => {
  it('is the most that its answer may have, where the request says so, however short others were', () => {
    const reservations = new Reservations(terms());
    const bounded = size({maxOutputTokens: 50});
    expect(reservations.estimate(bounded)).toEqual({tokens: 175, costUsd: 125 + 100, isGuess: false});
    for (let count = 0; count < 40; count++) reservations.observe(bounded, used(100, 5));
    const {tokens} = reservations.estimate(bounded);
    expect(tokens).toBeGreaterThanOrEqual(150);
    expect(tokens).toBeLessThan(153);
  });

  it('is a guess where the request says nothing, until an answer has come', () => {
    const reservations = new Reservations(terms());
    expect(reservations.estimate(size())).toMatchObject({isGuess: true});
    reservations.observe(size(), used(100, 200));
    expect(reservations.estimate(size())).toMatchObject({isGuess: false, tokens: 125 + 400});
  });

  it('is an upper estimate of what others took, not their mean, and forgets a giant in the end', () => {
    const reservations = new Reservations(terms());
    const see = (output: number): void => reservations.observe(size(), used(100, output));
    for (let count = 0; count < 50; count++) see(count % 2 === 0 ? 10 : 90);
    expect(reservations.estimate(size()).tokens).toBeGreaterThanOrEqual(190);
    see(5000);
    expect(reservations.estimate(size()).tokens).toBeGreaterThanOrEqual(5100);
    for (let count = 0; count < 128; count++) see(50);
    expect(reservations.estimate(size()).tokens).toBeLessThan(160);
  });

  it('counts the turns of rollouts with tools by what others took', () => {
    const reservations = new Reservations(terms());
    const withTools = size({maxOutputTokens: 50, hasTools: true});
    expect(reservations.estimate(withTools).isGuess).toBe(true);
    for (let count = 0; count < 100; count++) reservations.observe(withTools, used(900, 150));
    const {tokens, isGuess} = reservations.estimate(withTools);
    expect({tokens: Math.round(tokens / 10) * 10, isGuess}).toEqual({tokens: 1050, isGuess: false});
  });

  it('holds the judge’s calls as well, all that there may be', () => {
    const judge = {price, promptTokens: 400, maxOutputTokens: 20, mostCalls: 2};
    const reservations = new Reservations(terms({judge}));
    const {tokens} = reservations.estimate(size({maxOutputTokens: 50}));
    expect(tokens).toBeGreaterThan(175 + 2 * (400 + 100 + 50 + 20));
  });

  it('believes what is billed where that is more than the prices that were expected', () => {
    const reservations = new Reservations(terms());
    const bounded = size({maxOutputTokens: 50});
    const before = reservations.estimate(bounded).costUsd;
    reservations.observe(bounded, {
      policy: {inputTokens: 100, outputTokens: 50, costUsd: 600},
      judge: undefined,
    });
    expect(reservations.estimate(bounded).costUsd).toBeCloseTo(3 * before, 0);
  });
});
