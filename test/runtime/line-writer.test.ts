import {existsSync} from 'node:fs';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {Writable} from 'node:stream';
import {describe, expect, it} from 'vitest';
import {createStreamWriter, openLineWriter} from '../../src/runtime/line-writer.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('openLineWriter', () => {
  it('writes every line in order, whole', async () => {
    await using folder = await createTempFolder();
    const writer = await openLineWriter(folder.file('out'), {clock: createFakeClock(), append: false});
    const lines = Array.from({length: 1000}, (_, n) => `${n} ü`.repeat((n % 7) + 1));
    await Promise.all(lines.map(async (line) => await writer.write(line)));
    await writer.close();
    expect(await readFile(folder.file('out'), 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it.skipIf(!existsSync('/dev/null'))('takes a device for what it is', async () => {
    const writer = await openLineWriter('/dev/null', {clock: createFakeClock(), append: true});
    await writer.write('a');
    await writer.close();
  });

  it.skipIf(!existsSync('/dev/full'))('says that a full device is full', async () => {
    const writer = await openLineWriter('/dev/full', {clock: createFakeClock(), append: true});
    await writer.write('a');
    await expect(writer.close()).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: expect.stringContaining('full') as string,
    });
  });

  it('goes on at the end of what is there', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out'), 'old\n');
    const writer = await openLineWriter(folder.file('out'), {clock: createFakeClock(), append: true});
    await writer.write('new');
    await writer.close();
    expect(await readFile(folder.file('out'), 'utf8')).toBe('old\nnew\n');
  });

  it('makes what was written safe within a second, whether or not more is written', async () => {
    await using folder = await createTempFolder();
    const clock = createFakeClock();
    const told: string[] = [];
    const [appended, synced] = [createSignal(), createSignal()];
    const writer = await openLineWriter(folder.file('out'), {
      clock,
      append: false,
      observer: {
        appended(bytes, lines) {
          told.push(`${lines}: ${bytes.toString()}`);
          appended.tell();
        },
        synced() {
          told.push('safe');
          synced.tell();
        },
      },
    });
    await writer.write('a');
    await writer.write('ü');
    await clock.advance(50);
    await appended.told;
    await clock.advance(999);
    expect(told).toEqual(['2: a\nü\n']);
    await clock.advance(1);
    await synced.told;
    expect(told).toEqual(['2: a\nü\n', 'safe']);
    expect(clock.pendingTimers).toBe(0);
    await writer.close();
  });

  it('refuses to start anew on a file that holds something, and leaves it as it is', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out'), 'old\n');
    const opening = openLineWriter(folder.file('out'), {clock: createFakeClock(), append: false});
    await expect(opening).rejects.toMatchObject({code: 'ERR_STORE_WRITE', fault: 'store'});
    expect(await readFile(folder.file('out'), 'utf8')).toBe('old\n');
  });

  it.each([
    ['no/such/folder/out', 'The folder is gone'],
    ['.', 'That is a folder'],
    ['file/out', 'not a folder'],
  ])('says what to do when %s cannot be opened', async (name, hint) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('file'), '');
    const opening = openLineWriter(folder.file(name), {clock: createFakeClock(), append: true});
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('notices that its folder was removed, and takes nothing more', async () => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('sub'));
    const failures: Error[] = [];
    const writer = await openLineWriter(folder.file('sub/out'), {
      clock: createFakeClock(),
      append: false,
      onFailure: (error) => failures.push(error),
    });
    await writer.write('a');
    await rm(folder.file('sub'), {recursive: true});
    await expect(writer.flush()).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    await expect(writer.write('b')).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    await expect(writer.close()).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(failures).toHaveLength(1);
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full', async () => {
    const writer = await openLineWriter('/dev/full', {clock: createFakeClock(), append: true});
    await writer.write('a');
    await expect(writer.close()).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: expect.stringContaining('The disk is full') as string,
    });
  });
});

describe('createStreamWriter', () => {
  it('collects lines for 10 ms, then writes them at once', async () => {
    const clock = createFakeClock();
    const slow = createSlowStream();
    const writer = createStreamWriter(slow.stream, 'out', {clock});
    await writer.write('a');
    await writer.write('b');
    await clock.advance(9);
    expect(slow.batches).toEqual([]);
    await clock.advance(1);
    expect(slow.batches).toEqual(['a\nb\n']);
    slow.finish();
    await writer.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('writes 64 lines without waiting, and one batch at a time', async () => {
    const slow = createSlowStream();
    const writer = createStreamWriter(slow.stream, 'out', {clock: createFakeClock()});
    for (let n = 0; n < 200; n++) await writer.write(String(n));
    expect(slow.batches).toHaveLength(1);
    expect(slow.batches[0]?.split('\n')).toHaveLength(65);
    slow.finish();
    await writer.close();
    expect(slow.batches.join('')).toBe(Array.from({length: 200}, (_, n) => `${n}\n`).join(''));
    expect(slow.mostAtOnce()).toBe(1);
  });

  it('makes those who write wait for a slow reader', async () => {
    const slow = createSlowStream();
    const writer = createStreamWriter(slow.stream, 'out', {clock: createFakeClock()});
    const megabyte = 'x'.repeat(1024 * 1024);
    let written = 0;
    const writing = (async () => {
      for (; written < 20; written++) await writer.write(megabyte);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(10);
    slow.finish();
    await writing;
    await writer.close();
    expect(slow.batches.join('')).toHaveLength(20 * (megabyte.length + 1));
  });

  it('frees everybody who waits when writing fails', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) =>
        setImmediate(done, Object.assign(new Error('EPIPE'), {code: 'EPIPE'})),
    });
    stream.on('error', () => undefined);
    const writer = createStreamWriter(stream, 'standard output', {clock: createFakeClock()});
    const writes = Array.from({length: 20}, async () => await writer.write('x'.repeat(1024 * 1024)));
    const results = await Promise.allSettled(writes);
    expect(results.some(({status}) => status === 'rejected')).toBe(true);
    await expect(writer.close()).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('standard output') as string,
      hint: expect.stringContaining('ended first') as string,
    });
  });
});

function createSignal(): {readonly told: Promise<void>; readonly tell: () => void} {
  let tell = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {told, tell: () => tell()};
}

/** A stream whose writes end only when told; from then on each ends at once. */
function createSlowStream(): {
  stream: Writable;
  batches: string[];
  finish(): void;
  mostAtOnce(): number;
} {
  const batches: string[] = [];
  const waiting: (() => void)[] = [];
  let finished = false;
  let most = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      batches.push(chunk.toString());
      most = Math.max(most, waiting.length + 1);
      if (finished) done();
      else waiting.push(() => done());
    },
  });
  return {
    stream,
    batches,
    finish() {
      finished = true;
      for (const done of waiting.splice(0)) done();
    },
    mostAtOnce: () => most,
  };
}
