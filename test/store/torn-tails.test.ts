import {readFile, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {type Journal, readJournal} from '../../src/store/journal.ts';
import {type OutputPaths, outputPaths} from '../../src/store/output-paths.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

// Characters of one to four bytes, in short lines: every byte of them is tried.
const line = (task: number): string =>
  `{"q":"aü€😀","_ng_task_index":${task},"_ng_rollout_index":0,"_ng_failure_terminal":false}`;
const tasks = [0, 1, 2, 3, 4];
const lines = tasks.map(line);
const whole = Buffer.from(lines.map((each) => `${each}\n`).join(''));
const firstTwo = Buffer.byteLength(`${line(0)}\n${line(1)}\n`);
const cuts = Array.from({length: whole.length - firstTwo + 1}, (_, index) => firstTwo + index);

const tails = [
  {name: 'nothing', tail: Buffer.alloc(0)},
  {name: 'zeros, as a loss of power leaves them', tail: Buffer.alloc(37)},
  {name: 'zeros and a newline', tail: Buffer.concat([Buffer.alloc(5), Buffer.from('\n')])},
];

describe.each(tails)(
  'a file that is cut at any byte of its last three lines, with $name behind the cut',
  ({tail}) => {
    it.each(['output', 'failures'] as const)(
      '%s: loses the torn line and no other, and can be appended to',
      async (name) => {
        await using folder = await createTempFolder();
        const paths = outputPaths(folder.file('out.jsonl'));
        for (const end of cuts) {
          await writeFile(paths[name], Buffer.concat([whole.subarray(0, end), tail]));
          const journal = await readJournal(paths);
          const kept = await readFile(paths[name], 'utf8');
          const missing = tasks.filter((task) => !isKnown(journal, name, task));
          // What is missing is run again and appended.
          expect(kept + missing.map((task) => `${line(task)}\n`).join(''), `cut at ${end}`).toBe(
            whole.toString(),
          );
        }
      },
      60_000,
    );
  },
);

function isKnown(journal: Journal, name: keyof OutputPaths, task: number): boolean {
  const id = {taskIndex: task, rolloutIndex: 0};
  return name === 'output' ? journal.isDone(id) : journal.attempts(id) === 1;
}
