import {existsSync} from 'node:fs';
import {appendFile, readFile, writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Rollout} from '../../src/core/rollout.ts';
import {openDispatchJournal, readUnrecorded} from '../../src/store/dispatch-journal.ts';
import {encodeFailure, encodeRollout} from '../../src/store/encode-record.ts';
import {readJournal} from '../../src/store/journal.ts';
import {type OutputPaths, outputPaths} from '../../src/store/output-paths.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {completedOutcome, failedOutcome, rolloutOf} from './outcomes.ts';

describe('the journal of what is begun', () => {
  it('leaves after a kill what has neither a record nor a failure of that attempt', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const again = rolloutOf(2, 0, {attempt: 2});
    await begin(paths, [rolloutOf(0), rolloutOf(1), again, rolloutOf(3, 7)]);
    await writeFile(paths.output, `${encodeRollout(completedOutcome(rolloutOf(0)))}\n`);
    await writeFile(
      paths.failures,
      [rolloutOf(1), rolloutOf(2)].map((each) => `${encodeFailure(failedOutcome(each))}\n`).join(''),
    );
    expect(await unrecorded(paths)).toEqual(['2:0 attempt 2', '3:7 attempt 1']);
  });

  it('names what is in flight and nothing else, wherever the output was cut off', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = [0, 1, 2, 3, 4, 5].map((task) => rolloutOf(task));
    await begin(paths, plan);
    const whole = Buffer.from(plan.map((each) => `${encodeRollout(completedOutcome(each))}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(fc.nat({max: whole.length}), async (bytes) => {
        await writeFile(paths.output, whole.subarray(0, bytes));
        const journal = await readJournal(paths);
        const left = await readUnrecorded(paths, journal);
        expect(left.map(({id}) => id)).toEqual(plan.map(({id}) => id).filter((id) => !journal.isDone(id)));
      }),
      {numRuns: 40},
    );
  });

  it('takes a torn line for calls that were not sent, and what it does not know for nothing', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    await begin(paths, [rolloutOf(0)]);
    await appendFile(paths.dispatched, '{"begun":[["1",0,1],[2],null]}\n{"other":1}\n{"begun":[[3,0');
    expect(await unrecorded(paths)).toEqual(['0:0 attempt 1']);
  });

  it('is gone after a clean end, and stays after another', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    expect(await unrecorded(paths)).toEqual([]);
    const journal = openDispatchJournal(paths, createFakeClock());
    await journal.begin(rolloutOf(0));
    await journal.close(false);
    expect(await readFile(paths.dispatched, 'utf8')).toBe('{"begun":[[0,0,1]]}\n');
    await openDispatchJournal(paths, createFakeClock()).close(true);
    expect(existsSync(paths.dispatched)).toBe(false);
  });
});

async function begin(paths: OutputPaths, rollouts: readonly Rollout[]): Promise<void> {
  const journal = openDispatchJournal(paths, createFakeClock());
  await Promise.all(rollouts.map((rollout) => journal.begin(rollout)));
  await journal.close(false);
}

async function unrecorded(paths: OutputPaths): Promise<readonly string[]> {
  const left = await readUnrecorded(paths, await readJournal(paths));
  return left.map(({id, attempt}) => `${id.taskIndex}:${id.rolloutIndex} attempt ${attempt}`);
}
