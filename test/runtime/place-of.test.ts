import {mkdir, symlink, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {placeOf} from '../../src/runtime/place-of.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('the place of a path', () => {
  it('is one for a file, for a link to it, and for it by way of a linked folder', async () => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('real'));
    await writeFile(folder.file('real/a'), '');
    await symlink('real/a', folder.file('link'));
    await symlink('real', folder.file('other'));
    const place = await placeOf(folder.file('real/a'));
    for (const path of ['link', 'other/a']) expect(await placeOf(folder.file(path))).toBe(place);
  });

  it('is one although nothing is there yet', async () => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('real'));
    await symlink('real', folder.file('other'));
    await symlink('real/new', folder.file('link'));
    const place = await placeOf(folder.file('real/new'));
    for (const path of ['link', 'other/new']) expect(await placeOf(folder.file(path))).toBe(place);
  });

  it('of links in a circle is the path itself', async () => {
    await using folder = await createTempFolder();
    await symlink('b', folder.file('a'));
    await symlink('a', folder.file('b'));
    expect(await placeOf(folder.file('a'))).toBe(folder.file('a'));
  });
});
