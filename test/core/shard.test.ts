import {describe, expect, it} from 'vitest';
import {formatShard, parseShard} from '../../src/core/shard.ts';

describe('a share as it is written', () => {
  it.each([
    {text: '2/8', shard: {index: 2, of: 8}, again: '2/8'},
    {text: '8/8', shard: {index: 8, of: 8}, again: '8/8'},
    {text: '1/1', shard: {index: 1, of: 1}, again: '1/1'},
    {text: ' 02 / 08 ', shard: {index: 2, of: 8}, again: '2/8'},
  ])('is its place and how many there are: $text', ({text, shard, again}) => {
    expect(parseShard(text)).toEqual({kind: 'named', shard});
    expect(formatShard(shard)).toBe(again);
  });

  it.each([
    {text: 'auto', of: undefined},
    {text: 'auto/8', of: 8},
  ])('may be left to the scheduler: $text', ({text, of}) => {
    expect(parseShard(text)).toEqual({kind: 'auto', of});
  });

  it.each([
    '',
    '2',
    '/8',
    '2/',
    '0/8',
    '9/8',
    '-1/8',
    '1.5/8',
    '2/8/9',
    '2 of 8',
    'auto/0',
    'auto/x',
    'AUTO',
    '1/99999999999999999999',
  ])('is refused as %j', (text) => {
    expect(parseShard(text)).toBeUndefined();
  });
});
