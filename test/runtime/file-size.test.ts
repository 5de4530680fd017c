import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {fileSize} from '../../src/runtime/file-size.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('the size of a file', () => {
  it('is its bytes, and nothing where there is none or nothing is kept', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('a'), 'ü');
    execFileSync('mkfifo', [folder.file('pipe')]);
    const sizes = [folder.file('a'), folder.file('b'), folder.file('pipe'), '/dev/null'];
    expect(await Promise.all(sizes.map((path) => fileSize(path, 'read')))).toEqual([2, 0, 0, 0]);
  });

  it.each([
    {wantedTo: 'read', code: 'ERR_STORE_READ'},
    {wantedTo: 'write', code: 'ERR_STORE_WRITE'},
  ] as const)('cannot be told of a folder, or behind a file, to $wantedTo', async ({wantedTo, code}) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('a'), '');
    for (const path of [folder.path, folder.file('a/b')])
      await expect(fileSize(path, wantedTo)).rejects.toMatchObject({code});
  });
});
