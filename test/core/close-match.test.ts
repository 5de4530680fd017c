import {describe, expect, it} from 'vitest';
import {closeKey, closeMatches} from '../../src/core/close-match.ts';

describe('closeMatches', () => {
  it('gives the closest first, three at most, and nothing that is far', () => {
    const names = ['policy_model', 'policy_model_2', 'judge', 'polic', 'policy_mode', 'policy'];
    expect(closeMatches('policy_modle', names)).toEqual(['policy_mode', 'policy_model', 'policy_model_2']);
    expect(closeMatches('zzz', names)).toEqual([]);
  });
});

describe('closeKey', () => {
  it.each([
    ['limt', 'limit'],
    ['hots', 'host'],
    ['num-repeats', 'num_repeats'],
    ['numRepeats', 'num_repeats'],
    ['value', undefined],
    ['verified', undefined],
    ['description', undefined],
    ['', undefined],
  ])('takes %j for %j', (key, meant) => {
    expect(closeKey(key, ['limit', 'host', 'port', 'num_repeats', 'url', 'domain'])).toBe(meant);
  });
});
