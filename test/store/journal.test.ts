import {existsSync} from 'node:fs';
import {readFile, symlink, writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import type {Rollout} from '../../src/core/rollout.ts';
import {encodeFailure, encodeRollout} from '../../src/store/encode-record.ts';
import {damagedRecords, type Journal, readJournal} from '../../src/store/journal.ts';
import {type OutputPaths, outputPaths} from '../../src/store/output-paths.ts';
import {owedRollouts} from '../../src/store/owed-rollouts.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {completedOutcome, failedOutcome, rolloutOf} from './outcomes.ts';

const done = (task: number, rollout = 0): string => encodeRollout(completedOutcome(rolloutOf(task, rollout)));
const failed = (task: number, effect: 'retry' | 'rollout' = 'retry'): string =>
  encodeFailure(failedOutcome(rolloutOf(task), {effect}));

describe('readJournal', () => {
  it('finds nothing where nothing is', async () => {
    await using folder = await createTempFolder();
    expect(await journalOf(outputPaths(folder.file('out.jsonl')))).toMatchObject({
      done: 0,
      failed: 0,
      tornLines: 0,
    });
  });

  it.skipIf(!existsSync('/dev/zero'))('reads nothing from a device', async () => {
    await using folder = await createTempFolder();
    await symlink('/dev/zero', folder.file('out.jsonl'));
    expect(await journalOf(outputPaths(folder.file('out.jsonl')))).toMatchObject({done: 0, tornLines: 0});
  });

  it('knows what is done, how often something failed, and what failed for good', async () => {
    await using output = await createOutput(
      [done(0), done(0, 1)],
      [failed(0), failed(1), failed(1), failed(2, 'rollout'), failed(2)],
    );
    const journal = await journalOf(output.paths);
    expect(journal).toMatchObject({done: 2, failed: 2, duplicates: 0, unidentified: 0});
    expect(journal.isDone({taskIndex: 0, rolloutIndex: 1})).toBe(true);
    expect(journal.isDone({taskIndex: 1, rolloutIndex: 0})).toBe(false);
    expect(journal.attempts({taskIndex: 1, rolloutIndex: 0})).toBe(2);
    expect(journal.attempts({taskIndex: 9, rolloutIndex: 0})).toBe(0);
    expect(journal.isTerminal({taskIndex: 2, rolloutIndex: 0})).toBe(true);
    expect(journal.isTerminal({taskIndex: 1, rolloutIndex: 0})).toBe(false);
  });

  it('hands on each completed record once, in order', async () => {
    await using output = await createOutput([done(1), done(0), done(1)], []);
    const records: JsonObject[] = [];
    const journal = await readJournal(output.paths, {onRecord: (record) => records.push(record)});
    expect(records.map((record) => record['_ng_task_index'])).toEqual([1, 0]);
    expect(journal.duplicates).toBe(1);
  });

  it('understands NeMo Gym’s own rows', async () => {
    await using output = await createOutput(
      [
        '{"reward":1.0,"_ng_task_index":0,"_ng_rollout_index":0,"agent_ref":{"name":"a"}}',
        '',
        '{"reward":0.0}',
      ],
      [
        '{"_ng_failure_class":"judge_failed","reward":0.0,"_ng_task_index":1,"_ng_rollout_index":0}',
        '',
        '{"no":"indices"}',
      ],
    );
    const journal = await journalOf(output.paths);
    expect(journal).toMatchObject({done: 1, unidentified: 1, failed: 1});
    expect(journal.attempts({taskIndex: 1, rolloutIndex: 0})).toBe(1);
  });

  it('does not count what NeMo Gym says is not to be kept', async () => {
    await using output = await createOutput(
      [],
      ['{"_ng_failure_class":"judge_failed","_ng_no_persist":true,"_ng_task_index":1,"_ng_rollout_index":0}'],
    );
    expect(await journalOf(output.paths)).toMatchObject({failed: 0});
  });

  it.each(['"_ng_failure_class":"judge_failed"', '"_ng_no_persist":true'])(
    'refuses an output with a failed attempt in it, which would pass for a reward of 0: %s',
    async (mark) => {
      const stray = `{"reward":0.0,${mark},"_ng_task_index":1,"_ng_rollout_index":0}`;
      await using output = await createOutput([done(0), stray], []);
      await expect(journalOf(output.paths)).rejects.toMatchObject({
        code: 'ERR_OUTPUT_DAMAGED',
        problems: [{line: 2}],
      });
    },
  );

  it('refuses an output that is damaged in the middle, and does not touch it', async () => {
    await using output = await createOutput([done(0), '{"torn', done(1)], []);
    const before = await readFile(output.paths.output, 'utf8');
    await expect(journalOf(output.paths)).rejects.toMatchObject({
      code: 'ERR_OUTPUT_DAMAGED',
      fault: 'store',
      problems: [{line: 2}],
    });
    expect(await readFile(output.paths.output, 'utf8')).toBe(before);
  });

  it.each(['a note to myself\n', 'root:x:0:0\ndaemon:x:1:1\n', 'half a\nletter'])(
    'refuses what never was an output, and cuts nothing off: %j',
    async (text) => {
      await using output = await createOutput([], []);
      await writeFile(output.paths.output, text);
      await expect(journalOf(output.paths)).rejects.toMatchObject({code: 'ERR_OUTPUT_DAMAGED'});
      expect(await readFile(output.paths.output, 'utf8')).toBe(text);
    },
  );

  it('cuts nothing off a failures file that holds something else, and makes it fit to be gone on with', async () => {
    await using output = await createOutput([done(0)], []);
    await writeFile(output.paths.failures, 'a note\nto myself');
    expect(await journalOf(output.paths)).toMatchObject({done: 1, tornLines: 0});
    expect(await readFile(output.paths.failures, 'utf8')).toBe('a note\nto myself\n');
  });

  it('overlooks damage in the middle of the failures', async () => {
    await using output = await createOutput([], [failed(0), 'x', failed(0)]);
    const journal = await journalOf(output.paths);
    expect(journal.attempts({taskIndex: 0, rolloutIndex: 0})).toBe(2);
  });

  it('cuts off the zeros that a loss of power leaves', async () => {
    await using output = await createOutput([done(0)], []);
    await writeFile(output.paths.output, Buffer.concat([Buffer.from(`${done(0)}\n`), Buffer.alloc(500)]));
    expect(await journalOf(output.paths)).toMatchObject({done: 1, tornLines: 1});
    expect(await readFile(output.paths.output, 'utf8')).toBe(`${done(0)}\n`);
  });

  it('adds up, however often a run is cut off and gone on with', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = [0, 1, 2, 3, 4, 5].map((task) => rolloutOf(task));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({max: 800}), {maxLength: 8}), async (steps) => {
        await writeFile(paths.output, '');
        for (const bytes of steps) {
          const owed = await owedFrom(plan, await journalOf(paths));
          const more = owed.map((rollout) => `${encodeRollout(completedOutcome(rollout))}\n`).join('');
          const kept = await readFile(paths.output);
          await writeFile(paths.output, Buffer.concat([kept, Buffer.from(more).subarray(0, bytes)]));
        }
        const journal = await journalOf(paths);
        const owed = await owedFrom(plan, journal);
        expect(journal).toMatchObject({duplicates: 0, unidentified: 0});
        expect(journal.done + owed.length).toBe(plan.length);
      }),
      {numRuns: 30},
    );
  });
});

describe('owedRollouts', () => {
  it.each([
    ['judge_failed', [1, 4]],
    ['ERR_MODEL_TIMEOUT', [2, 4]],
    [undefined, [1, 2, 3, 4]],
  ])('gives another try to those whose last failure was %s', async (failureKind, expected) => {
    const failure = (task: number, kind: string, code: string): string =>
      `{"_ng_task_index":${task},"_ng_rollout_index":0,"_ng_failure_class":"${kind}","_ng_failure":{"code":"${code}"}}`;
    await using output = await createOutput(
      [done(0)],
      [
        failure(1, 'agent_run_error', 'ERR_MODEL_TIMEOUT'),
        failure(1, 'judge_failed', 'ERR_JUDGE_CALL'),
        failure(2, 'agent_request_failed', 'ERR_MODEL_TIMEOUT'),
        failure(3, 'agent_run_error', 'ERR_MODEL_SERVER'),
      ],
    );
    const journal = await readJournal(output.paths, {failureKind});
    const plan = [0, 1, 2, 3, 4].map((task) => rolloutOf(task));
    const owed = await owedFrom(plan, journal, {maxAttempts: 1, retryFailed: true});
    expect(owed.map(({id}) => id.taskIndex)).toEqual(expected);
  });

  it.each([
    ['leaves out what is done, used up or failed for good', 2, false, ['1 attempt 2', '4 attempt 1']],
    [
      'gives another try to all that failed when told to',
      2,
      true,
      ['1 attempt 2', '2 attempt 3', '3 attempt 2', '4 attempt 1'],
    ],
    ['owes a first attempt in any case', 1, false, ['4 attempt 1']],
  ])('%s', async (_, maxAttempts, retryFailed, expected) => {
    await using output = await createOutput(
      [done(0)],
      [failed(1), failed(2), failed(2), failed(3, 'rollout')],
    );
    const journal = await journalOf(output.paths);
    const plan = [0, 1, 2, 3, 4].map((task) => rolloutOf(task));
    const owed = await owedFrom(plan, journal, {maxAttempts, retryFailed});
    expect(owed.map(({id, attempt}) => `${id.taskIndex} attempt ${attempt}`)).toEqual(expected);
  });
});

async function journalOf(paths: OutputPaths): Promise<Journal> {
  return readJournal(paths);
}

async function owedFrom(
  plan: readonly Rollout[],
  journal: Journal,
  options = {maxAttempts: 3, retryFailed: false},
): Promise<Rollout[]> {
  const owed: Rollout[] = [];
  const source = (async function* () {
    yield await Promise.resolve(plan);
  })();
  for await (const rollout of owedRollouts(source, journal, options)) owed.push(rollout);
  return owed;
}

async function createOutput(
  records: readonly string[],
  failures: readonly string[],
): Promise<AsyncDisposable & {readonly paths: OutputPaths}> {
  const folder = await createTempFolder();
  const paths = outputPaths(folder.file('out.jsonl'));
  await writeFile(paths.output, records.map((line) => `${line}\n`).join(''));
  await writeFile(paths.failures, failures.map((line) => `${line}\n`).join(''));
  return {paths, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]()};
}

describe('lines that are no records', () => {
  it('are named up to ten, and the rest are counted: more of them say nothing new', () => {
    const lines = Array.from({length: 49}, (_, index) => index + 1);
    const {message, problems} = damagedRecords('out.jsonl', lines);
    expect(message).toBe(
      'out.jsonl has lines that are no records: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 39 more',
    );
    expect(problems.map(({line}) => line)).toEqual(lines.slice(0, 10));
  });
});
