import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {readAnswer, readJudgement, readQuestion} from '../../src/judge/read-conversation.ts';

const user = (content: unknown): JsonObject => ({role: 'user', content}) as JsonObject;
const message = (...texts: string[]): JsonObject => ({
  type: 'message',
  role: 'assistant',
  content: texts.map((text) => ({type: 'output_text', text})),
});

describe('readQuestion', () => {
  it.each<[string, unknown, string]>([
    ['the last user message', [user('first'), {role: 'assistant', content: 'x'}, user(' second ')], 'second'],
    [
      'the text parts of a message, joined',
      [
        user([
          {type: 'input_text', text: 'a'},
          {type: 'input_image', image_url: 'u'},
          {type: 'input_text', text: 'b'},
        ]),
      ],
      'a\nb',
    ],
    [
      'the earlier text when the last user message has none',
      [user('look'), user([{type: 'input_image', image_url: 'u'}])],
      'look',
    ],
    ['the earlier text when the last user message is blank', [user('look'), user('  ')], 'look'],
    ['an input that is a string', ' plain ', 'plain'],
    ['nothing of an input without users', [{role: 'system', content: 'rules'}, 7, null], ''],
    ['nothing of no input', undefined, ''],
  ])('reads %s', (_name, input, text) => {
    expect(readQuestion({input} as JsonObject)).toBe(text);
  });

  it('reads nothing where there are no parameters', () => {
    expect(readQuestion(undefined)).toBe('');
  });
});

describe('readAnswer', () => {
  it.each<[string, unknown, string]>([
    [
      'the last assistant message',
      [message('old'), message('a', 'b '), {type: 'reasoning', summary: []}],
      'a\nb',
    ],
    [
      'nothing of a refusal',
      [{type: 'message', role: 'assistant', content: [{type: 'refusal', refusal: 'no'}]}],
      '',
    ],
    ['nothing of a tool call', [{type: 'function_call', name: 'f', arguments: '{}'}], ''],
    ['nothing of no output', undefined, ''],
    ['nothing of a blank last message, though an earlier one has text', [message('old'), message(' ')], ''],
  ])('reads %s', (_name, output, text) => {
    expect(readAnswer({output} as JsonObject)).toBe(text);
  });
});

describe('readJudgement', () => {
  it.each<[string, unknown, string | undefined]>([
    ['the last part of the last message', [message('x'), message('a', '[[A=B]]')], '[[A=B]]'],
    ['a content that is a string', [{type: 'message', role: 'assistant', content: 'yes'}], 'yes'],
    ['nothing when something else comes last', [message('x'), {type: 'reasoning', summary: []}], undefined],
    ['nothing of an empty output', [], undefined],
    ['nothing of a message without parts', [{type: 'message', content: []}], undefined],
  ])('reads %s', (_name, output, text) => {
    expect(readJudgement({output} as JsonObject)).toBe(text);
  });
});
