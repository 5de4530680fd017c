import {describe, expect, it} from 'vitest';
import {nearestName} from '../../src/core/nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['equivalance_judge', ['other', 'equivalence_judge'], 'equivalence_judge'],
    ['usre', ['system', 'user'], 'user'],
    ['USER', ['user'], 'user'],
    ['sys', ['system', 'user'], undefined],
    ['agent_a', ['agent_b', 'agent_a1', 'zzz'], 'agent_b'],
    ['x', [], undefined],
  ])('takes %s of %j for %s', (name, candidates, expected) => {
    expect(nearestName(name, candidates)).toBe(expected);
  });
});
