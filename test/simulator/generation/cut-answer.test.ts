import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Answer} from '../../../src/simulator/answers/answer.ts';
import {cutAnswer} from '../../../src/simulator/generation/cut-answer.ts';

const call = (argumentsText: string) => ({name: 'find', argumentsText});
const answerOf = (parts: Partial<Answer>): Answer => ({
  text: '',
  toolCalls: [],
  refusal: undefined,
  finishReason: undefined,
  ...parts,
});

describe('an answer within a maximum', () => {
  it.each<[string, Partial<Answer>, number, object]>([
    ['stays whole', {text: 'abcdefgh'}, 2, {text: 'abcdefgh', tokens: 2, isCut: false}],
    ['loses the end of its text', {text: 'abcdefghi'}, 2, {text: 'abcdefgh', tokens: 2, isCut: true}],
    ['loses the end of a refusal', {refusal: 'I cannot.'}, 2, {refusal: 'I cannot', tokens: 2, isCut: true}],
    [
      'breaks off within arguments',
      {toolCalls: [call('{"city":"Oslo"}')]},
      7,
      {toolCalls: [call('{"city":')], tokens: 7, isCut: true},
    ],
    [
      'loses calls that do not even begin',
      {toolCalls: [call('{}'), call('{}')]},
      8,
      {toolCalls: [call('{}')], tokens: 8, isCut: true},
    ],
    ['is nothing where thought took it all', {text: ''}, 0, {text: '', tokens: 0, isCut: true}],
  ])('%s', (_, parts, limit, expected) => {
    expect(cutAnswer(answerOf(parts), limit)).toMatchObject(expected);
  });

  it('is never billed more, and nothing is changed before the cut', () => {
    const texts = fc.string({unit: 'grapheme', maxLength: 40});
    fc.assert(
      fc.property(texts, texts, fc.nat(30), (text, argumentsText, limit) => {
        const cut = cutAnswer(answerOf({text, toolCalls: [call(argumentsText)]}), limit);
        expect(cut.tokens).toBeLessThanOrEqual(limit);
        expect(text.startsWith(cut.text)).toBe(true);
        expect(argumentsText.startsWith(cut.toolCalls[0]?.argumentsText ?? '')).toBe(true);
      }),
    );
  });
});
