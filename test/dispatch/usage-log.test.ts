import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {UsageLog} from '../../src/dispatch/usage-log.ts';

describe('a log of use', () => {
  it('sums up what was sent between any times of the last minute, to a twentieth of a second, for all calls', () => {
    const calls = fc.array(fc.record({gapMs: fc.nat(9_000), tokens: fc.nat(2_000)}), {maxLength: 80});
    fc.assert(
      fc.property(calls, fc.nat(60_000), (list, agoMs) => {
        const log = new UsageLog();
        const sent: {atMs: number; tokens: number}[] = [];
        let nowMs = 0;
        for (const {gapMs, tokens} of list) {
          nowMs += gapMs;
          log.add(nowMs, tokens);
          sent.push({atMs: log.startOf(nowMs), tokens});
        }
        const fromMs = log.startOf(nowMs - agoMs);
        const wanted = sent.filter(({atMs}) => atMs > fromMs - 50 && atMs <= nowMs);
        expect(log.between(fromMs, nowMs)).toEqual({
          calls: wanted.length,
          tokens: wanted.reduce((sum, {tokens}) => sum + tokens, 0),
        });
      }),
    );
  });

  it('gives the tokens of a call back, but not the call', () => {
    const log = new UsageLog();
    log.add(1_000, 500);
    log.add(1_010, 200);
    log.takeTokens(1_000, 500);
    expect(log.between(0, 2_000)).toEqual({calls: 2, tokens: 200});
    log.add(200_000, 1);
    log.takeTokens(1_010, 200);
    expect(log.between(0, 200_000)).toEqual({calls: 1, tokens: 1});
  });
});
