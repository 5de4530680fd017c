import {PassThrough, Writable} from 'node:stream';
import {describe, expect, it} from 'vitest';
import {createLineSink} from '../../src/runtime/line-sink.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

/** A stream that keeps each write, and whose reader can be held up. */
function openReader(): {readonly stream: Writable; readonly writes: string[]; read: () => void} {
  const writes: string[] = [];
  let done: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _, callback) {
      writes.push(text);
      done = callback;
    },
  });
  const read = (): void => {
    const callback = done;
    done = undefined;
    callback?.();
  };
  return {stream, writes, read};
}

describe('a line sink', () => {
  it('writes the lines of the same moment at once, in their order', async () => {
    const {stream, writes, read} = openReader();
    const clock = createFakeClock();
    const sink = createLineSink(stream, clock);
    sink.write('one');
    sink.write('two');
    expect(writes).toEqual([]);
    await clock.advance(10);
    expect(writes).toEqual(['one\ntwo\n']);
    read();
    sink.write('three');
    await clock.advance(10);
    expect(writes).toEqual(['one\ntwo\n', 'three\n']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hands over at once when others are about to write, and nothing twice', async () => {
    const {stream, writes} = openReader();
    const clock = createFakeClock();
    const sink = createLineSink(stream, clock);
    sink.write('one');
    sink.flush();
    sink.flush();
    await clock.advance(100);
    expect(writes).toEqual(['one\n']);
  });

  it('leaves lines out while a mebibyte is not read, and says how many when it is', async () => {
    const {stream, writes, read} = openReader();
    const clock = createFakeClock();
    const sink = createLineSink(stream, clock);
    const long = 'x'.repeat(1_048_576);
    sink.write(long);
    await clock.advance(10);
    for (let line = 0; line < 1000; line++) sink.write(long.slice(0, 100_000));
    await clock.advance(10);
    sink.write('lost');
    await clock.advance(10);
    expect(stream.writableLength).toBe(long.length + 1);
    read();
    sink.write('seen');
    await clock.advance(10);
    expect(writes.slice(1)).toEqual(['1001 lines are missing here: they were not read in time.\nseen\n']);
  });

  it('goes on after a full disk, and writes no more to a closed pipe', async () => {
    const stream = new PassThrough({autoDestroy: false});
    const clock = createFakeClock();
    const sink = createLineSink(stream, clock);
    const fail = (code: string): void => void stream.emit('error', Object.assign(new Error(code), {code}));
    fail('ENOSPC');
    sink.write('one');
    await clock.advance(10);
    expect(String(stream.read())).toBe('one\n');
    fail('EPIPE');
    sink.write('two');
    await clock.advance(10);
    expect(stream.read()).toBe(null);
    expect(clock.pendingTimers).toBe(0);
  });
});
