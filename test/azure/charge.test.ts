import {describe, expect, it} from 'vitest';
import {chargeEstimateOf, outputWeightOf, usedTokensOf} from '../../src/azure/charge.ts';
import {chooseFamily} from '../../src/azure/model-family.ts';

const chargeOf = chargeEstimateOf(chooseFamily('gpt-4o', ''));
const legacyChargeOf = chargeEstimateOf(chooseFamily('gpt-3.5-turbo', ''));
const chat = (text: string) => [{role: 'user', content: text}];

describe('the estimated charge of a request', () => {
  it.each([
    // The series that were measured on gpt-4 and gpt-4o (azure-openai.md §5.2).
    [{messages: chat('x'.repeat(28))}, 648],
    [{messages: chat('x'.repeat(28)), max_tokens: 1_000}, 1_008],
    [{messages: chat('x'.repeat(28)), max_tokens: 2_000}, 2_008],
    [{messages: chat('x'.repeat(28)), max_completion_tokens: 2_000}, 2_008],
    [{messages: ['a', 'bb', 'ccc', 'dddd'].flatMap(chat)}, 645],
    [
      {
        messages: [
          {
            role: 'user',
            content: [
              {type: 'text', text: 'abc'},
              {type: 'text', text: 'd'},
            ],
          },
        ],
      },
      642,
    ],
    [{messages: [{role: 'assistant', content: null}, 'no message', null]}, 641],
    [{messages: chat('abcd'), max_tokens: null}, 642],
    [{messages: 'x'}, 641],
    [{}, 640],
  ])('of chat messages %j is %i', (body, charge) => {
    expect(chargeOf(body, 'chat')).toBe(charge);
  });

  it.each([
    [{input: 'x'.repeat(28)}, 648],
    [{input: chat('x'.repeat(28)), max_output_tokens: 100}, 108],
    [{input: chat('abcd'), instructions: 'abcdefgh', max_output_tokens: 10}, 15],
    [
      {
        input: [
          {type: 'function_call', arguments: '{"a": 1}'},
          {type: 'function_call_output', output: 'four'},
        ],
      },
      645,
    ],
  ])('of a Responses request %j is %i', (body, charge) => {
    expect(chargeOf(body, 'responses')).toBe(charge);
  });

  it('leaves the prompt out for gpt-3.5', () => {
    const messages = chat('x'.repeat(400));
    expect(legacyChargeOf({messages}, 'chat')).toBe(16);
    expect(legacyChargeOf({messages, max_tokens: 100}, 'chat')).toBe(100);
  });

  it.each([
    ['abcde', 2],
    [['abcde', 'a'], 3],
    [[1, 2, 3], 3],
    [[[1, 2], [3]], 3],
    [undefined, 0],
  ])('of the embeddings of %j is %i', (input, charge) => {
    expect(chargeOf({input}, 'embeddings')).toBe(charge);
  });
});

describe('the charge of provisioned throughput', () => {
  it.each([
    ['gpt-4o', 4],
    ['o3-mini', 4],
    ['gpt-5-mini', 8],
    ['gpt-5.1-codex', 8],
  ])('weighs the output of %s with %i', (model, weight) => {
    const family = chooseFamily(model, '');
    expect(outputWeightOf(family)).toBe(weight);
    const body = {messages: chat('x'.repeat(28)), max_completion_tokens: 100};
    expect(chargeEstimateOf(family, weight)(body, 'chat')).toBe(8 + 100 * weight);
  });

  it('is in the end what usage says, cached input for nothing', () => {
    const usage = {input_tokens: 50, output_tokens: 10, input_tokens_details: {cached_tokens: 30}};
    expect([usedTokensOf(usage, 1), usedTokensOf(usage, 4)]).toEqual([60, 60]);
    expect(usedTokensOf({input_tokens: 50, output_tokens: 10}, 8)).toBe(130);
    expect([usedTokensOf(undefined, 1), usedTokensOf({input_tokens: 5}, 1)]).toEqual([undefined, undefined]);
  });
});
