import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {openBurstFile} from '../../src/runtime/burst-file.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const lineOf = (notes: string): string => `<${notes}>`;

describe('openBurstFile', () => {
  it('has a note in the file before its writer goes on, those of one moment in one line', async () => {
    await using folder = await createTempFolder();
    const clock = createFakeClock();
    const file = openBurstFile(folder.file('notes'), {clock, lineOf});
    const seen: string[] = [];
    const note = async (text: string): Promise<void> => {
      await file.write(text);
      seen.push(readFileSync(folder.file('notes'), 'utf8'));
    };
    await Promise.all([note('a'), note('b')]);
    await note('c');
    expect(seen).toEqual(['<a,b>\n', '<a,b>\n', '<a,b>\n<c>\n']);
    file.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is empty when it is opened, whatever was there', async () => {
    await using folder = await createTempFolder();
    const open = () => openBurstFile(folder.file('notes'), {clock: createFakeClock(), lineOf});
    const first = open();
    await first.write('a');
    first.close();
    open().close();
    expect(readFileSync(folder.file('notes'), 'utf8')).toBe('');
  });

  it('fails with the store’s error where it cannot be opened, is full or closed', async () => {
    await using folder = await createTempFolder();
    const open = (path: string) => openBurstFile(path, {clock: createFakeClock(), lineOf});
    const error = expect.objectContaining({code: 'ERR_STORE_WRITE', fault: 'store'}) as Error;
    expect(() => open(folder.file('no/notes'))).toThrow(error);
    const closed = open(folder.file('notes'));
    closed.close();
    await expect(closed.write('a')).rejects.toEqual(error);
    if (!existsSync('/dev/full')) return;
    const full = open('/dev/full');
    await expect(full.write('a')).rejects.toMatchObject({
      hint: expect.stringContaining('The disk is full') as string,
    });
    full.close();
  });
});
