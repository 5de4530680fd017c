import {readFile, rm, writeFile} from 'node:fs/promises';
import {describe, expect, it, vi} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {identities, setUpWorkplace, type Workplace} from './workplace.ts';

// Each of these starts the program several times.
vi.setConfig({testTimeout: 120_000});

const question = (index: number): JsonObject => ({
  responses_create_params: {input: [{role: 'user', content: `Say ${String(index)}. €`}]},
  expected_answer: String(index),
  weight: 1.5,
});
const identity = (index: number): JsonObject => ({_ng_task_index: index, _ng_rollout_index: 0});
const agent = {agent_ref: {name: 'simple_agent'}};
const asLines = (records: readonly JsonObject[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const four = [0, 1, 2, 3];

/** An output as NeMo Gym leaves it when it is killed: task 0 done, 1 failed once, 2 failed for good, 3 not begun. */
async function setUpOutputOfNemoGym(changes: JsonObject = {}): Promise<Workplace> {
  const place = await setUpWorkplace({rows: four.map((index) => JSON.stringify(question(index)))});
  // Its keys are in another order than ours.
  const materialized = four.map((index) => ({...identity(index), ...question(index), ...changes, ...agent}));
  await place.write('out_materialized_inputs.jsonl', asLines(materialized));
  await place.write(
    'out.jsonl',
    asLines([{...question(0), response: {output: [], usage: null}, reward: 1, ...identity(0), ...agent}]),
  );
  const failed = {reward: 0, _ng_failure_class: 'judge_failed', _ng_failure_judge_error: 'ClientError: 429'};
  await place.write(
    'out_failures.jsonl',
    asLines([
      {...question(1), ...failed, ...identity(1), ...agent},
      {...question(2), ...failed, _ng_failure_terminal: true, ...identity(2), ...agent},
      {...question(3), ...failed, _ng_no_persist: true, ...identity(3), ...agent},
    ]),
  );
  return place;
}

describe('an output of NeMo Gym', () => {
  it('is gone on with: what it did is kept, what failed is counted, the rest is done', async () => {
    await using place = await setUpOutputOfNemoGym();
    const before = await readFile(place.folder.file('out.jsonl'), 'utf8');
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toMatch(/2 of 4 rollouts to do, 1 done before, 1 given up before/);
    expect(stderr).toMatch(/has no manifest of ours and is gone on with/);
    expect((await readFile(place.folder.file('out.jsonl'), 'utf8')).startsWith(before)).toBe(true);
    const records = await place.lines('out.jsonl');
    expect(identities(records)).toEqual(['0:0', '1:0', '3:0']);
    const attempts = records.map(({_ng_attempt_index: earlier = 0}) => earlier);
    expect([...attempts].sort()).toEqual([0, 0, 1]);
    const retried = await place.collect('--retry-failed=judge_failed');
    expect(retried.exitCode, retried.stderr).toBe(0);
    expect(retried.stderr).not.toMatch(/no manifest of ours/);
    expect(identities(await place.lines('out.jsonl'))).toEqual(['0:0', '1:0', '2:0', '3:0']);
  });

  it('made from other rows is refused, naming the row and what differs', async () => {
    await using place = await setUpOutputOfNemoGym({expected_answer: 'another'});
    const before = await place.files();
    for (const more of [[], ['--dry-run']]) {
      const {exitCode, stderr} = await place.collect(...more);
      expect(exitCode, stderr).toBe(2);
      expect(stderr).toMatch(/out_materialized_inputs\.jsonl:1: expected_answer: was "another", is "0"/);
    }
    expect(await place.files()).toEqual(before);
  });

  it('with more rows wanted, or fewer, is refused', async () => {
    await using place = await setUpOutputOfNemoGym();
    expect((await place.collect('--limit', '3')).stderr).toMatch(/:4: has a row more than is wanted now/);
    await writeFile(place.folder.file('in.jsonl'), asLines([...four, 4].map(question)));
    expect((await place.collect()).stderr).toMatch(/:5: ends here; more rows are wanted now/);
  });

  it('without its materialised rows is refused', async () => {
    await using place = await setUpOutputOfNemoGym();
    await rm(place.folder.file('out_materialized_inputs.jsonl'));
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/without a manifest or materialised rows/);
  });

  it('is not tried again by a class of failures that there is not', async () => {
    await using place = await setUpOutputOfNemoGym();
    const {exitCode, stderr} = await place.collect('--retry-failed=judge_fialed');
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/judge_fialed.*there are: all, judge_failed/);
  });
});
