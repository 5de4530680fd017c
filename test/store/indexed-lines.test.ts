import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {IndexedLines} from '../../src/store/indexed-lines.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const index = fc.oneof(fc.nat({max: 5}), fc.nat({max: Number.MAX_SAFE_INTEGER}));
const ids = fc.array(fc.record({taskIndex: index, rolloutIndex: index}), {maxLength: 12});

describe('lines by identity', () => {
  it('keep the first line of each identity, however large its numbers, and give them back in any order', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('lines.jsonl');
    await fc.assert(
      fc.asyncProperty(ids, async (given) => {
        const texts = given.map((id, place) => `line ${String(place)} ${JSON.stringify(id)}`);
        await writeFile(path, texts.map((text) => `${text}\n`).join(''));
        using lines = new IndexedLines();
        lines.addFile(path);
        const firsts = new Map<string, string>();
        let offset = 0;
        for (const [place, id] of given.entries()) {
          const text = texts[place] ?? '';
          const key = JSON.stringify(id);
          expect(lines.add(id, {offset, bytes: Buffer.from(text)})).toBe(!firsts.has(key));
          if (!firsts.has(key)) firsts.set(key, text);
          offset += text.length + 1;
        }
        expect([...lines.identities()].map((id) => JSON.stringify(id))).toEqual([...firsts.keys()]);
        for (const id of given) expect(lines.read(id)).toBe(firsts.get(JSON.stringify(id)));
        const sorted = [...new Map(given.map((id) => [JSON.stringify(id), id])).values()].sort(
          (a, b) => a.taskIndex - b.taskIndex || a.rolloutIndex - b.rolloutIndex,
        );
        expect([...lines.sorted()]).toEqual(sorted.map((id) => firsts.get(JSON.stringify(id))));
      }),
      {numRuns: 60},
    );
  });

  it('are read from files only: a pipe is not waited for', async () => {
    await using folder = await createTempFolder();
    execFileSync('mkfifo', [folder.file('pipe')]);
    using lines = new IndexedLines();
    expect(() => lines.addFile(folder.file('pipe'))).toThrow(/pipe: it is no file/);
  });

  it('know nothing of an identity that has no line', () => {
    using lines = new IndexedLines();
    const id = {taskIndex: 1, rolloutIndex: 0};
    expect([lines.has(id), lines.placeOf(id), lines.read(id)]).toEqual([false, -1, undefined]);
  });
});
