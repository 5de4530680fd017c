import {execFileSync} from 'node:child_process';
import {chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {replaceFile} from '../../src/runtime/replace-file.ts';
import {writeWholeFile} from '../../src/runtime/write-whole-file.ts';
import {canMount, mountSmallDisk} from '../helpers/small-disk.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('a file that is replaced', () => {
  it('is the one from before until the new one is whole, and leaves nothing beside it', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('a.json');
    await writeFile(path, 'old');
    await replaceFile(path, async (beside) => {
      await writeFile(beside, 'new');
      expect(await readFile(path, 'utf8')).toBe('old');
    });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder.path)).toEqual(['a.json']);
  });

  it('stays when writing fails, whoever failed', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('a.json');
    await writeFile(path, 'old');
    const failing = replaceFile(path, async (beside) => {
      await writeFile(beside, 'ne');
      throw new RangeError('no more');
    });
    await expect(failing).rejects.toThrow(new RangeError('no more'));
    const full = replaceFile(path, () => Promise.reject(Object.assign(new Error('full'), {errno: -28})));
    await expect(full).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder.path)).toEqual(['a.json']);
  });

  it('begins anew where a killed process has left something', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('a.json.unfinished'), 'half of a much longer text');
    await replaceFile(folder.file('a.json'), (beside) => writeFile(beside, 'new', {flag: 'a'}));
    expect(await readFile(folder.file('a.json'), 'utf8')).toBe('new');
    expect(await readdir(folder.path)).toEqual(['a.json']);
  });

  it('is the one that a link leads to: the link stays one', async () => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('store'));
    await writeFile(folder.file('store/real.json'), 'old');
    await symlink('store/real.json', folder.file('a.json'));
    await writeWholeFile(folder.file('a.json'), 'new');
    expect(await readlink(folder.file('a.json'))).toBe('store/real.json');
    expect(await readFile(folder.file('store/real.json'), 'utf8')).toBe('new');
  });

  it('keeps who may read it', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('a.json');
    await writeFile(path, 'old');
    await chmod(path, 0o600);
    await writeWholeFile(path, 'new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is not put in the place of a pipe, whose reader gets the text', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('pipe');
    execFileSync('mkfifo', [path]);
    const [text] = await Promise.all([
      readFile(path, 'utf8'),
      writeWholeFile(path, 'to whom it may concern'),
    ]);
    expect(text).toBe('to whom it may concern');
    expect((await stat(path)).isFIFO()).toBe(true);
  });

  it('may be replaced by several at once: one of them is there in the end, whole', async () => {
    await using folder = await createTempFolder();
    const texts = Array.from({length: 20}, (_, index) => String(index).repeat(100_000));
    await Promise.all(texts.map((text) => writeWholeFile(folder.file('a.json'), text)));
    expect(texts).toContain(await readFile(folder.file('a.json'), 'utf8'));
    expect(await readdir(folder.path)).toEqual(['a.json']);
  });

  it.skipIf(!canMount)('is whole or the old one on a disk that takes only a part of it', async () => {
    await using folder = await createTempFolder();
    await using disk = await mountSmallDisk(folder.file('disk'), 256 * 1024);
    await writeWholeFile(disk.file('a.json'), 'old');
    await disk.fillUpTo(32 * 1024);
    const writing = writeWholeFile(disk.file('a.json'), 'x'.repeat(100_000));
    await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
    expect(await readFile(disk.file('a.json'), 'utf8')).toBe('old');
    expect((await readdir(disk.path)).sort()).toEqual(['a.json', 'ballast']);
  });
});
