import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {sleep} from '../../src/core/clock.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

describe('a cancellation', () => {
  it('tells each listener once, with the first reason', () => {
    const source = new CancellationSource();
    const heard: Error[] = [];
    source.onCancel((reason) => heard.push(reason));
    const first = new Error('first');
    source.cancel(first);
    source.cancel(new Error('second'));
    expect(heard).toEqual([first]);
    expect(source.reason).toBe(first);
  });

  it('tells a listener that comes late at once', () => {
    const source = new CancellationSource();
    source.cancel(new Error('over'));
    let heard = false;
    source.onCancel(() => (heard = true));
    expect(heard).toBe(true);
  });

  it('passes from parent to child and never back', () => {
    const parent = new CancellationSource();
    const [cancelled, spared] = [new CancellationSource(parent), new CancellationSource(parent)];
    cancelled.cancel(new Error('child only'));
    expect(parent.reason).toBeUndefined();
    parent.cancel(new Error('all'));
    expect([cancelled.reason?.message, spared.reason?.message]).toEqual(['child only', 'all']);
  });

  it('passes on to a child of one that is cancelled already', () => {
    const parent = new CancellationSource();
    parent.cancel(new Error('before'));
    expect(new CancellationSource(parent).reason?.message).toBe('before');
  });

  it('leaves no listener behind once released, stopped or over', () => {
    const parent = new CancellationSource();
    new CancellationSource(parent).release();
    new CancellationSource(parent).cancel();
    parent.onCancel(() => undefined)();
    expect(parent.listenerCount).toBe(0);
  });
});

describe('sleep', () => {
  it('ends when the time is over and leaves no listener', async () => {
    const clock = createFakeClock();
    const source = new CancellationSource();
    const slept = sleep(clock, 50, source);
    await clock.advance(50);
    await slept;
    expect(source.listenerCount).toBe(0);
  });

  it('ends with the reason when cancelled, and leaves no timer', async () => {
    const clock = createFakeClock();
    const source = new CancellationSource();
    const slept = sleep(clock, 50, source).catch((error: unknown) => error);
    source.cancel(new Error('enough'));
    expect(await slept).toMatchObject({message: 'enough'});
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not begin once cancelled', async () => {
    const source = new CancellationSource();
    source.cancel(new Error('over'));
    await expect(sleep(createFakeClock(), 50, source)).rejects.toThrow('over');
  });
});
