import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {openLineWriter} from '../../src/runtime/line-writer.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {type Faults, faultyFiles, systemError} from './faulty-file.ts';

describe('a disk that fails', () => {
  it.each([
    ['EIO', 'The disk or the network file system failed'],
    ['ENOSPC', 'The disk is full'],
    ['EDQUOT', 'The disk quota is used up'],
    ['EROFS', 'The file system is read-only'],
    ['EFBIG', 'as large as this file system or user allows'],
    ['ENOENT', 'The folder is gone'],
  ])('with %s at a write: is told once, at once, with what to do', async (code, hint) => {
    const {failures, writing} = await writeLines({
      appendFile: () => Promise.reject(systemError(code, 'write')),
    });
    await expect(writing).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: expect.stringContaining(hint) as string,
    });
    expect(failures).toHaveLength(1);
  });

  it.each(['EIO', 'ENOSPC', 'EDQUOT'])(
    'with %s when it is made safe: counts as not written',
    async (code) => {
      const {failures, writing} = await writeLines({
        datasync: () => Promise.reject(systemError(code, 'fdatasync')),
      });
      await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
      expect(failures).toHaveLength(1);
    },
  );

  it('with EIO when the file is closed: is told', async () => {
    const {writing} = await writeLines({
      close: async (file) => {
        await file.close();
        throw systemError('EIO', 'close');
      },
    });
    await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
  });

  it('in the middle of a line: keeps the whole lines before it', async () => {
    const {text, writing} = await writeLines({
      appendFile: async (file, bytes) => {
        await file.appendFile(bytes.subarray(0, 9));
        throw systemError('ENOSPC', 'write');
      },
    });
    await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(text).toBe('one\n');
  });

  it('and cannot even be cut back: tells the first error', async () => {
    const {text, writing} = await writeLines({
      appendFile: async (file, bytes) => {
        await file.appendFile(bytes.subarray(0, 9));
        throw systemError('ENOSPC', 'write');
      },
      truncate: () => Promise.reject(systemError('EIO', 'ftruncate')),
    });
    await expect(writing).rejects.toMatchObject({hint: expect.stringContaining('disk is full') as string});
    expect(text).toBe('one\n„zw');
  });

  it.each([
    ['EMFILE', 'limit on open files'],
    ['ENFILE', 'no more open files'],
    ['EIO', 'failed'],
  ])('with %s when it is opened: says what to do', async (code, hint) => {
    const opening = openLineWriter('out', {
      clock: createFakeClock(),
      append: true,
      openFile: () => Promise.reject(systemError(code, 'open')),
    });
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: expect.stringContaining(hint) as string,
    });
  });
});

interface Written {
  readonly writing: Promise<void>;
  readonly failures: readonly Error[];
  readonly text: string;
}

/** Writes three lines into a file with these faults, and closes it. */
async function writeLines(faults: Faults): Promise<Written> {
  const folder = await createTempFolder();
  const failures: Error[] = [];
  const writer = await openLineWriter(folder.file('out'), {
    clock: createFakeClock(),
    append: true,
    onFailure: (error) => failures.push(error),
    openFile: faultyFiles(() => faults),
  });
  for (const line of ['one', '„zwö“', 'three']) await writer.write(line);
  const writing = writer.close();
  await writing.catch(() => undefined);
  const text = await readFile(folder.file('out'), 'utf8');
  await folder[Symbol.asyncDispose]();
  return {writing, failures, text};
}
