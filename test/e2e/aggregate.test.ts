import {readFile, rm} from 'node:fs/promises';
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

  it('gives what it puts together a manifest and checkpoints, so that verify proves it, with each of its inputs', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    const merged = await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl');
    expect(merged.exitCode, merged.stderr).toBe(0);
    for (const input of [[], ['--input', 'a.in.jsonl'], ['--input', 'b.in.jsonl']]) {
      const proven = await rollcall(place, 'verify', 'all.jsonl', ...input);
      expect(proven.stderr).toMatch(/proven\. Each of 8 rollouts has one record/);
      expect(proven.stderr).toContain('put together from 2 output(s).');
      expect(proven.exitCode).toBe(0);
    }
    const other = await rollcall(place, 'verify', 'all.jsonl', '--input', 'in.jsonl');
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toContain('made from another input');
    const again = await rollcall(place, 'aggregate', 'all.jsonl', '-o', 'copy.jsonl');
    expect(again.exitCode, again.stderr).toBe(0);
    expect((await rollcall(place, 'verify', 'copy.jsonl', '-i', 'b.in.jsonl')).exitCode).toBe(0);
    expect(await readFile(place.folder.file('copy.jsonl'), 'utf8')).toBe(
      await readFile(place.folder.file('all.jsonl'), 'utf8'),
    );
  });

  it('tells of a shard that was changed, and does not let it pass for whole in what it makes', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    const text = await readFile(place.folder.file('b.jsonl'), 'utf8');
    await place.write('b.jsonl', text.replace('"completed"', '"complexed"'));
    const merged = await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl');
    expect(merged.exitCode, merged.stderr).toBe(0);
    expect(merged.stderr).toMatch(/Warning: .*b\.jsonl: 1 block of lines changed since they were written/);
    const verified = await rollcall(place, 'verify', 'all.jsonl');
    expect(verified.exitCode).toBe(2);
    expect(verified.stderr).toMatch(/1 fault in the outputs that this one was put together from.*b\.jsonl/);
  });

  it('leaves an output that the command of the whole input goes on with, and that of another does not', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    const [, ...others] = (await readFile(place.folder.file('a.jsonl'), 'utf8')).split('\n');
    await place.write('a.jsonl', others.join('\n'));
    await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl', '--allow-partial');
    const before = await readFile(place.folder.file('all.jsonl'), 'utf8');
    const partOnly = await place.collect('-i', 'a.in.jsonl', '-o', 'all.jsonl', '--num-repeats', '2');
    expect(partOnly.exitCode).toBe(2);
    expect(partOnly.stderr).toContain('belongs to a run with other inputs or settings');
    await place.write('whole.in.jsonl', stamped(0, 1, 2, 3));
    const words = ['-i', 'whole.in.jsonl', '-o', 'all.jsonl', '--num-repeats', '2'];
    const otherSettings = await place.collect(...words, '--temperature', '0.5');
    expect(otherSettings.exitCode).toBe(2);
    expect(otherSettings.stderr).toMatch(/responses_create_params\.temperature: was not set, is 0\.5/);
    expect(await readFile(place.folder.file('all.jsonl'), 'utf8')).toBe(before);
    const whole = await place.collect(...words);
    expect(whole.exitCode, whole.stderr).toBe(0);
    expect(whole.stderr).toContain('1 of 8 rollouts to do, 7 done before');
    expect((await readFile(place.folder.file('all.jsonl'), 'utf8')).startsWith(before)).toBe(true);
    // Of its own input now; that a shard had lost a line is not forgotten.
    const verified = await rollcall(place, 'verify', 'all.jsonl', '--input', 'whole.in.jsonl', '--json');
    expect(JSON.parse(verified.stdout)).toMatchObject({
      done: 8,
      owed: 0,
      findings: [{kind: 'merged_damaged'}],
    });
  });

  it('says of outputs of NeMo Gym that nobody can tell their settings, and writes no rows where some are not known', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    await rm(place.folder.file('b_manifest.json'));
    await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl');
    const verified = await rollcall(place, 'verify', 'all.jsonl');
    expect(verified.exitCode).toBe(3);
    expect(verified.stderr).toMatch(/\? .*b\.jsonl: it had no manifest/);
    await rm(place.folder.file('b_materialized_inputs.jsonl'));
    const merged = await rollcall(place, 'aggregate', 'a.jsonl', 'b.jsonl', '-o', 'part.jsonl');
    expect(merged.exitCode, merged.stderr).toBe(0);
    const names = [...(await place.files()).keys()].filter((name) => name.startsWith('part'));
    expect(names.sort()).toEqual([
      'part.jsonl',
      'part_aggregate_metrics.json',
      'part_chain.jsonl',
      'part_failures.jsonl',
    ]);
    expect((await rollcall(place, 'aggregate', 'part.jsonl')).exitCode).toBe(0);
  });

  it('moves aside what is there if told to, and says where it is', async () => {
    await using place = await setUpWorkplace();
    await collectShards(place);
    await place.write('all.jsonl', 'mine\n');
    const words = ['aggregate', 'a.jsonl', 'b.jsonl', '-o', 'all.jsonl'];
    expect((await rollcall(place, ...words)).exitCode).toBe(2);
    const {exitCode, stderr} = await rollcall(place, ...words, '--overwrite');
    expect(exitCode, stderr).toBe(0);
    const [, aside = ''] = /what was there is now (.*)/.exec(stderr) ?? [];
    expect(await readFile(aside, 'utf8')).toBe('mine\n');
    expect((await rollcall(place, 'verify', 'all.jsonl')).exitCode).toBe(0);
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
    {mistake: 'rows that nobody has run', args: ['in.jsonl'], text: /in\.jsonl:1: has no indices/},
    {
      mistake: 'what holds no record',
      args: ['env.yaml'],
      text: /env\.yaml has lines that are no records: 1, 2, 3/,
    },
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
