import {describe, expect, it} from 'vitest';
import {Silence} from '../../src/dispatch/silence.ts';

/** A deployment whose calls have taken up to two seconds. */
function familiar(): Silence {
  const silence = new Silence();
  silence.onStart(0);
  silence.onAnswer(2_000, 2_000);
  return silence;
}

describe('a silent deployment', () => {
  it('is one that answers nothing for half as long again as its longest call took', () => {
    const silence = familiar();
    silence.onStart(10_000);
    silence.onStart(12_000);
    expect([13_000, 13_001].map((at) => silence.isSilent(at))).toEqual([false, true]);
    silence.onAnswer(14_000, 2_000);
    expect([17_000, 17_001].map((at) => silence.isSilent(at))).toEqual([false, true]);
  });

  it('is none that nobody has asked, and none that has never answered', () => {
    expect(familiar().isSilent(1e9)).toBe(false);
    const strange = new Silence();
    strange.onStart(0);
    expect(strange.isSilent(1e9)).toBe(false);
  });

  it('is tried out at once, and then less and less often while it says nothing', () => {
    const silence = familiar();
    silence.onStart(10_000);
    expect(silence.changesAt(10_000)).toBe(13_001);
    let [nowMs, before] = [13_001, 13_001];
    const waits: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      expect(silence.isProbeDue(nowMs)).toBe(true);
      silence.onStart(nowMs);
      expect(silence.isProbeDue(nowMs)).toBe(false);
      before = nowMs;
      nowMs = silence.changesAt(nowMs);
      waits.push(nowMs - before);
    }
    expect(waits).toEqual([6_000, 12_000, 24_000, 48_000, 60_000, 60_000]);
  });

  it('stays one after its calls have timed out, until one is answered', () => {
    const silence = familiar();
    silence.onStart(10_000);
    silence.onStart(20_000);
    silence.onEnd();
    silence.onEnd();
    silence.onStart(600_000);
    expect(silence.isSilent(600_001)).toBe(true);
    silence.onAnswer(600_500, 500);
    silence.onStart(601_000);
    expect(silence.isSilent(601_500)).toBe(false);
  });
});
