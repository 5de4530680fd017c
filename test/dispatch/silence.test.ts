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

  it('is found out sooner where many calls wait for it than the longest of them may take', () => {
    const silence = new Silence();
    // Twenty under way at any time, each for twenty seconds: an answer a second.
    for (let call = 0; call < 20; call++) silence.onStart(call * 1_000);
    for (let second = 20; second < 1_020; second++) {
      silence.onAnswer(second * 1_000, 20_000);
      silence.onStart(second * 1_000);
    }
    // They wait for a second each from one answer to the next; how long they did for the first is forgotten.
    const [still, silent] = [1_021_000, 1_023_000].map((at) => silence.isSilent(at));
    expect([still, silent]).toEqual([false, true]);
    // Fewer calls are not so telling.
    for (let call = 0; call < 19; call++) silence.onEnd();
    expect(silence.isSilent(1_025_000)).toBe(false);
  });

  it('is not found out by few answers, nor within a second', () => {
    const few = new Silence();
    for (let call = 0; call < 10; call++) few.onStart(0);
    few.onAnswer(100, 100);
    few.onAnswer(101, 10_000);
    expect([5_000, 16_000].map((at) => few.isSilent(at))).toEqual([false, true]);
    const quick = new Silence();
    for (let call = 0; call < 50; call++) quick.onStart(call);
    for (let call = 0; call < 40; call++) quick.onAnswer(100 + call, 100);
    expect([1_139, 1_140].map((at) => quick.isSilent(at))).toEqual([false, true]);
  });

  it('has said nothing yet of the calls that were neither answered nor ended', () => {
    const silence = new Silence();
    for (let call = 0; call < 3; call++) silence.onStart(0);
    silence.onAnswer(1, 1);
    silence.onEnd();
    expect(silence.unanswered).toBe(1);
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
