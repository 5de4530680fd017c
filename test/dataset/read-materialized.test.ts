import {writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {itemsOf} from '../../src/core/batches.ts';
import {readMaterialized} from '../../src/dataset/read-materialized.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {collect, inputOfLines, materializeAll, plainOptions} from './input-of-lines.ts';

describe('readMaterialized', () => {
  it('gives back what was materialised', async () => {
    await using folder = await createTempFolder();
    const {rows} = await materializeAll(
      inputOfLines({prompt: 'a'}, {prompt: 'ü'}),
      plainOptions({numRepeats: 2}),
    );
    await writeFile(folder.file('m.jsonl'), rows.map(({text}) => `${text}\n`).join(''));
    const read = await collect(itemsOf(readMaterialized(folder.file('m.jsonl'))));
    expect(read).toEqual(rows.map((row) => ({...row, row: JSON.parse(row.text) as unknown})));
  });

  it.each(['{', '[]', '{"agent_ref":{"name":"a"}}', '{"_ng_task_index":0,"_ng_rollout_index":0}'])(
    'names the line that is no materialised row: %s',
    async (line) => {
      await using folder = await createTempFolder();
      await writeFile(folder.file('m.jsonl'), `\n${line}\n`);
      await expect(collect(itemsOf(readMaterialized(folder.file('m.jsonl'))))).rejects.toMatchObject({
        code: 'ERR_STORE_READ',
        fault: 'store',
        problems: [{line: 2}],
      });
    },
  );
});
