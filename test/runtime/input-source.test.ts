import {readdir, utimes, writeFile} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import {type InputSource, openInput} from '../../src/runtime/input-source.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const rows = '{"a":1}\n{"a":2}\n'.repeat(1000);

describe('openInput', () => {
  it.each([
    ['a plain file', 'rows.jsonl', Buffer.from(rows)],
    ['a gzip file', 'rows.jsonl.gz', gzipSync(rows)],
    ['gzip under any name', 'rows.jsonl', gzipSync(rows)],
    [
      'gzip of several members',
      'rows.gz',
      Buffer.concat([gzipSync(rows.slice(0, 99)), gzipSync(rows.slice(99))]),
    ],
    ['an empty file', 'rows.jsonl', Buffer.alloc(0)],
    ['an empty file that is named gzip', 'rows.gz', Buffer.alloc(0)],
  ])('reads %s twice', async (_, name, bytes) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file(name), bytes);
    await using source = await openInput(folder.file(name), {
      stdin: Readable.from([]),
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    const expected = bytes.length === 0 ? '' : rows;
    expect(await textOf(source)).toBe(expected);
    expect(await textOf(source)).toBe(expected);
  });

  it.each([
    ['plain', Buffer.from(rows)],
    ['gzip', gzipSync(rows)],
  ])('reads %s standard input twice, though it comes once, and leaves no file', async (_, bytes) => {
    await using folder = await createTempFolder();
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 50), bytes.subarray(50)];
    await using source = await openInput('-', {
      stdin: Readable.from(pieces),
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    expect(source.path).toBe('<stdin>');
    expect(await textOf(source)).toBe(rows);
    expect(await textOf(source)).toBe(rows);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('keeps standard input elsewhere when the folder is not there', async () => {
    await using folder = await createTempFolder();
    await using source = await openInput('-', {
      stdin: Readable.from([Buffer.from(rows)]),
      spoolFolder: folder.file('no'),
      cancellation: neverCancelled,
    });
    expect(await textOf(source)).toBe(rows);
    expect(await textOf(source)).toBe(rows);
  });

  it.each(['-', 'rows.jsonl'])('ends with the reason of its cancellation: %s', async (path) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('rows.jsonl'), rows);
    const silent = new Readable({read: () => undefined});
    const cancellation = new CancellationSource();
    const options = {stdin: silent, spoolFolder: folder.path, cancellation};
    await using source = await openInput(path === '-' ? path : folder.file(path), options);
    const reading = textOf(source);
    cancellation.cancel(new CancelledError('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(cancellation.listenerCount).toBe(0);
  });

  it('takes no more of an endless standard input than is asked for, and gives the same again', async () => {
    await using folder = await createTempFolder();
    let given = 0;
    const endless = Readable.from(
      (async function* () {
        for (;;) yield await Promise.resolve(Buffer.from(`${given++}\n`));
      })(),
    );
    await using source = await openInput('-', {
      stdin: endless,
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    const first: string[] = [];
    for await (const chunk of source.open()) {
      first.push(chunk.toString());
      if (first.length === 3) break;
    }
    expect(given).toBeLessThan(1000);
    expect(await textOf(source)).toBe(first.join(''));
  });

  it.each([
    ['a file that is not there', 'gone.jsonl', 'there is no such file'],
    ['a folder', '.', 'it is a folder'],
  ])('refuses %s', async (_, name, reason) => {
    await using folder = await createTempFolder();
    const opening = openInput(folder.file(name), {
      stdin: Readable.from([]),
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_DATASET',
      message: expect.stringContaining(reason) as string,
      hint: expect.stringContaining('--input') as string,
    });
  });

  it.each([
    ['cut gzip', gzipSync(rows).subarray(0, 40), 'damaged or cut off'],
    ['text that is named gzip', Buffer.from(rows), 'not gzip'],
  ])('refuses %s', async (_, bytes, reason) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('rows.jsonl.gz'), bytes);
    await using source = await openInput(folder.file('rows.jsonl.gz'), {
      stdin: Readable.from([]),
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    await expect(textOf(source)).rejects.toMatchObject({
      code: 'ERR_DATASET',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('refuses a file that changed between two readings', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('rows.jsonl'), rows);
    await using source = await openInput(folder.file('rows.jsonl'), {
      stdin: Readable.from([]),
      spoolFolder: folder.path,
      cancellation: neverCancelled,
    });
    await textOf(source);
    await writeFile(folder.file('rows.jsonl'), rows.replace('1', '3'));
    await utimes(folder.file('rows.jsonl'), 1, 1);
    await expect(textOf(source)).rejects.toThrow('changed while it was read');
  });
});

async function textOf(source: InputSource): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.open()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
