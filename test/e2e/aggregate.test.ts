import {readFile} from 'node:fs/promises';
import {describe, expect, it, vi} from 'vitest';
import {runProgram} from '../helpers/run-program.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

const stamped = (...tasks: readonly number[]): string =>
  tasks.map((task) => `${JSON.stringify({prompt: `Say ${String(task)}.`, _ng_task_index: task})}\n`).join('');

const rollcall = (place: Workplace, ...args: readonly string[]) => runProgram(args, {cwd: place.folder.path});

/** Two shards of one job, collected apart. */
async function collectShards(place: Workplace, second = stamped(0, 3)): Promise<void> {
  await place.write('a.in.jsonl', stamped(2, 1));
  await place.write('b.in.jsonl', second);
  for (const shard of ['a', 'b']) {
    const end = await place.collect('-i', `${shard}.in.jsonl`, '-o', `${shard}.jsonl`, '--num-repeats', '2');
    expect(end.exitCode, end.stderr).toBe(0);
  }
}

describe('aggregate', () => {
  it('puts shards together byte for byte, by task and rollout, with metrics as of one run', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    const {exitCode, stdout, stderr} = await rollcall(
      place,
      ...['aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl', '--json'],
    );
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('8 rollouts, each of them there once.');
    expect(JSON.parse(stdout)).toMatchObject({complete: true, rollouts: 8, expected: 8, missing: 0});
    const lines = await place.lines('all.jsonl');
    const ids = lines.map((line) => [line['_ng_task_index'], line['_ng_rollout_index']]);
    expect(ids).toEqual([0, 1, 2, 3].flatMap((task) => [0, 1].map((rollout) => [task, rollout])));
    const textsOf = async (...names: readonly string[]): Promise<string[]> => {
      const texts = await Promise.all(names.map((name) => readFile(place.folder.file(name), 'utf8')));
      return texts.flatMap((text) => text.split('\n')).sort();
    };
    expect(await textsOf('all.jsonl')).toEqual((await textsOf('a.jsonl', 'b.jsonl')).slice(1));
    const [metrics] = JSON.parse(await readFile(place.folder.file('all_aggregate_metrics.json'), 'utf8')) as [
      {rollcall: unknown; group_level_metrics: unknown[]},
    ];
    expect(metrics.group_level_metrics).toHaveLength(4);
    expect(metrics.rollcall).toMatchObject({num_rollouts: 8, missing_num_rollouts: 0});
  });

  it('names what is missing, writes nothing and ends with 3, unless a part will do', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    const [first = '', ...others] = (await readFile(place.folder.file('a.jsonl'), 'utf8')).split('\n');
    const {_ng_task_index: task, _ng_rollout_index: rollout} = JSON.parse(first) as Record<string, number>;
    await place.write('a.jsonl', others.join('\n'));
    const words = ['aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl'];
    const refused = await rollcall(place, ...words);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain(
      `7 of 8 rollouts are there.\nMissing: task ${String(task)}, rollout ${String(rollout)}.`,
    );
    expect([...(await place.files()).keys()].filter((name) => name.startsWith('all'))).toEqual([]);
    const allowed = await rollcall(place, ...words, '--allow-partial');
    expect(allowed.exitCode, allowed.stderr).toBe(0);
    expect(await place.lines('all.jsonl')).toHaveLength(7);
  });

  it('refuses shards that hold the same rollout, naming the line', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place, stamped(1));
    const {exitCode, stderr} = await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('b_materialized_inputs.jsonl:1: task 1, rollout 0 is wanted more than once');
    expect([...(await place.files()).keys()].filter((name) => name.startsWith('all'))).toEqual([]);
  });

  it('refuses outputs of different settings, naming the key and both values', async () => {
    await using place = await setUpWorkplace();
    await place.write('a.in.jsonl', stamped(1));
    await place.write('b.in.jsonl', stamped(2));
    await place.collect('-i', 'a.in.jsonl', '-o', 'a.jsonl');
    await place.collect('-i', 'b.in.jsonl', '-o', 'b.jsonl', '--temperature', '0.5');
    const {exitCode, stderr} = await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/b_manifest\.json.*responses_create_params\.temperature.*was not set, is 0\.5/);
  });

  it('leaves an output alone that a run writes to, as a shard or as the place', async () => {
    const faults = [{match: {text: 'Say 1'}, kind: 'hang', first: 1}];
    await using place = await setUpWorkplace({simulator: {faults}});
    await place.write('a.in.jsonl', stamped(2));
    await place.collect('-i', 'a.in.jsonl', '-o', 'a.jsonl');
    const run = place.start();
    await vi.waitUntil(async () => (await place.files()).has('out_output.lock'), {timeout: 15_000});
    for (const words of [['out.jsonl'], ['a.jsonl', '-o', 'out.jsonl', '--overwrite']]) {
      const {exitCode, stderr} = await rollcall(place, 'aggregate', ...words);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('is being written by');
    }
    run.child.kill('SIGKILL');
    await run.ended;
  });

  it('makes the metrics of one output again', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const before = await readFile(place.folder.file('out_aggregate_metrics.json'), 'utf8');
    await place.write('out_aggregate_metrics.json', 'lost');
    const {exitCode} = await rollcall(place, 'aggregate', 'out.jsonl');
    expect(exitCode).toBe(0);
    const entries = (text: string): unknown => JSON.parse(text);
    expect(entries(await readFile(place.folder.file('out_aggregate_metrics.json'), 'utf8'))).toEqual(
      entries(before),
    );
  });

  it.each([
    {mistake: 'an output that is not there', args: ['no.jsonl'], text: /no\.jsonl: is no file/},
    {mistake: 'several without a place', args: ['in.jsonl', 'env.yaml'], text: /Give --output PATH/},
    {mistake: 'itself as the place', args: ['in.jsonl', '-o', 'in.jsonl'], text: /Choose another --output/},
    {
      mistake: 'a place that is taken',
      args: ['in.jsonl', '-o', 'env.yaml'],
      text: /there already.*\n.*--overwrite/,
    },
    {mistake: 'no output', args: [], text: /missing required argument 'outputs'/},
  ])('refuses $mistake', async ({args, text}) => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await rollcall(place, 'aggregate', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(text);
  });
});
