import {expect, it} from 'vitest';
import {promptOpening} from '../../src/azure/prompt-opening.ts';

const long = 'x'.repeat(5_000);

it.each([
  ['a Responses request', {instructions: 'Be short.', input: 'Hello'}, 'Be short.Hello'],
  [
    'items',
    {instructions: 'Be short.', input: [{role: 'user', content: [{type: 'input_text', text: 'Hello'}]}]},
    'Be short.\nuser\nHello',
  ],
  [
    'a chat request',
    {
      messages: [
        {role: 'system', content: 'Be short.'},
        {role: 'user', content: 'Hello'},
      ],
    },
    '\nsystem\nBe short.\nuser\nHello',
  ],
  ['nothing', {}, ''],
])('is what the prompt begins with: %s', (_, body, opening) => {
  expect(promptOpening(body)).toBe(opening);
});

it.each([
  ['instructions', (tail: string) => ({instructions: long, input: tail})],
  ['a text', (tail: string) => ({input: long + tail})],
  [
    'a message',
    (tail: string) => ({
      messages: [
        {role: 'user', content: long},
        {role: 'user', content: tail},
      ],
    }),
  ],
])('is the same for prompts that differ only after 4,096 characters of %s', (_, bodyOf) => {
  expect(promptOpening(bodyOf('Hello'))).toHaveLength(4_096);
  expect(promptOpening(bodyOf('Hello'))).toBe(promptOpening(bodyOf('Good bye')));
});
