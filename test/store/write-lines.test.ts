import {createHash} from 'node:crypto';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import type {Batches} from '../../src/core/batches.ts';
import {writeLines} from '../../src/store/write-lines.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('writeLines', () => {
  it('writes all lines, over what an earlier try left', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('m.jsonl.unfinished'), 'half');
    await writeFile(folder.file('m.jsonl'), 'old');
    const {count, sha256} = await writeLines(folder.file('m.jsonl'), linesOf(200), createFakeClock());
    expect(count).toBe(200);
    const text = await readFile(folder.file('m.jsonl'), 'utf8');
    expect(text.split('\n')).toHaveLength(201);
    expect(sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(await readdir(folder.path)).toEqual(['m.jsonl']);
  });

  it('leaves nothing behind when what they are made of fails', async () => {
    await using folder = await createTempFolder();
    const writing = writeLines(folder.file('m.jsonl'), linesOf(100, new Error('no more')), createFakeClock());
    await expect(writing).rejects.toThrow('no more');
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('is a fault of the store when the folder is not there', async () => {
    await using folder = await createTempFolder();
    const writing = writeLines(folder.file('no/m.jsonl'), linesOf(1), createFakeClock());
    await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE'});
  });
});

async function* linesOf(count: number, failure?: Error): Batches<string> {
  for (let n = 0; n < count; n++) yield await Promise.resolve([`{"n":${n}}`]);
  if (failure !== undefined) throw failure;
}
