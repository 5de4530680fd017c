import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseDuration} from '../../src/manifests/duration.ts';
import {expandVariables} from '../../src/manifests/expand-variables.ts';

const env = {KEY: 'value', EMPTY: '', TRICKY: '$KEY ${KEY} $$', _x1: 'low'};

describe('expandVariables', () => {
  it.each([
    {text: 'no dollar', expanded: 'no dollar'},
    {text: '$KEY', expanded: 'value'},
    {text: '${KEY}', expanded: 'value'},
    {text: 'a-$KEY-b', expanded: 'a-value-b'},
    {text: 'a$KEY.b', expanded: 'avalue.b'},
    {text: '${_x1}$_x1', expanded: 'lowlow'},
    {text: '${KEY:-other}', expanded: 'value'},
    {text: '${EMPTY:-other}', expanded: 'other'},
    {text: '${UNSET:-}', expanded: ''},
    {text: '${UNSET:-a:-b$c}', expanded: 'a:-b$c'},
    {text: '$$KEY', expanded: '$KEY'},
    {text: '$$$KEY', expanded: '$value'},
    {text: 'costs $5, or $', expanded: 'costs $5, or $'},
    {text: '$(command) $-', expanded: '$(command) $-'},
    {text: '$TRICKY', expanded: '$KEY ${KEY} $$'},
  ])('makes "$expanded" of "$text"', ({text, expanded}) => {
    expect(expandVariables(text, env)).toEqual({text: expanded, faults: []});
  });

  it.each([
    {text: '$UNSET', fault: {kind: 'unset', name: 'UNSET', certain: true}},
    {text: '${unset}', fault: {kind: 'unset', name: 'unset', certain: true}},
    {text: 'pa$word', fault: {kind: 'unset', name: 'word', certain: false}},
    {text: '$EMPTY', fault: {kind: 'empty', name: 'EMPTY', certain: true}},
    {text: '${a b}', fault: {kind: 'malformed', name: '', certain: false}},
    {text: '${KEY', fault: {kind: 'malformed', name: '', certain: false}},
    {text: '${}', fault: {kind: 'malformed', name: '', certain: false}},
    {text: '$toString', fault: {kind: 'unset', name: 'toString', certain: false}},
  ])('finds fault with "$text"', ({text, fault}) => {
    expect(expandVariables(text, env).faults).toEqual([fault]);
  });

  it('gives back, for all texts, what was escaped', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll('$', '$$$$');
        expect(expandVariables(escaped, env)).toEqual({text, faults: []});
      }),
    );
  });
});

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1h1m1s1ms', 3_661_001],
    ['99999h', 359_996_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', '1.5s', '-1s', '100000s', '1d', '1s ', '1h1h1h1h1h', 'P1D'])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
