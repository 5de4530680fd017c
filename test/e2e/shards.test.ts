import {describe, expect, it} from 'vitest';
import {type ProgramEnd, startProgram} from '../helpers/run-program.ts';
import {identities, numberedRows, setUpWorkplace, type Workplace} from './workplace.ts';

/** Collects one share of `in.jsonl`, two rollouts a row, into `s1.jsonl` and so on. */
const collectShard = (
  place: Workplace,
  index: number,
  of: number,
  ...more: readonly string[]
): Promise<ProgramEnd> => {
  const shard = `${String(index)}/${String(of)}`;
  return place.collect('--num-repeats', '2', '--shard', shard, '-o', `s${String(index)}.jsonl`, ...more);
};

const manifestOf = async (place: Workplace, stem: string): Promise<Record<string, unknown>> =>
  JSON.parse((await place.files()).get(`${stem}_manifest.json`) ?? '{}') as Record<string, unknown>;

describe('collect-rollouts --shard', () => {
  it('collects each rollout of the whole in one of the shards, with the identity and the row that it has there', async () => {
    await using place = await setUpWorkplace();
    await place.collect('--num-repeats', '2');
    const ends = [1, 2, 3].map((index) => collectShard(place, index, 3));
    for (const {exitCode, stderr} of await Promise.all(ends)) expect(exitCode, stderr).toBe(0);
    const files = await place.files();
    const rowsOf = (stem: string): string[] =>
      (files.get(`${stem}_materialized_inputs.jsonl`) ?? '').split('\n').slice(0, -1);
    expect(['s1', 's2', 's3'].flatMap(rowsOf).sort()).toEqual(rowsOf('out').sort());
    const records = await Promise.all(['s1', 's2', 's3'].map((stem) => place.lines(`${stem}.jsonl`)));
    expect(identities(records.flat())).toEqual(identities(await place.lines('out.jsonl')));
    expect(records.map((each) => each.length)).toEqual([4, 6, 6]);
    expect(await manifestOf(place, 's2')).toMatchObject({
      ...{shard: '2/3', rows: 3, tasks: 3, rollouts: 6, whole: {rows: 8, tasks: 8, rollouts: 16}},
      fingerprint: {shard: '2/3'},
    });
  });

  it('says how much of the whole it is, counts its own, and goes on with the same share', async () => {
    await using place = await setUpWorkplace();
    const planned = await collectShard(place, 1, 3, '--dry-run');
    expect(planned.stderr).toContain('Shard 1/3: 2 of 8 tasks, 2 of 8 rows, 4 of 16 rollouts.');
    expect(planned.stderr).toContain('2 rows, 2 tasks: 4 of 4 rollouts to do.');
    const [first, again] = [
      await collectShard(place, 1, 3),
      await collectShard(place, 1, 3, '--summary-json', 'sum.json'),
    ];
    expect(first.stderr).toContain('4 of 4 rollouts to do.');
    expect(again.stderr).toContain('0 of 4 rollouts to do, 4 done before.');
    expect(JSON.parse((await place.files()).get('sum.json') ?? '')).toMatchObject({
      shard: '1/3',
      exit_code: 0,
    });
  });

  it('refuses another share, and the whole, on its output, naming the key', async () => {
    await using place = await setUpWorkplace();
    await collectShard(place, 1, 3);
    for (const [words, is] of [
      [['--shard', '2/3'], '"2/3"'],
      [['--shard', '1/2'], '"1/2"'],
      [[], 'not set'],
    ] as const) {
      const {exitCode, stderr} = await place.collect('--num-repeats', '2', '-o', 's1.jsonl', ...words);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`shard: was "1/3", is ${is}`);
    }
  });

  it('takes the first rows before it deals them out, so that a limit is that of the whole', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(20)});
    const {stderr} = await collectShard(place, 2, 2, '--limit', '5');
    expect(stderr).toContain('Shard 2/2: 2 of 5 tasks, 2 of 5 rows, 4 of 10 rollouts.');
  });

  it('ends with 0 and empty files where no task is left for it, and says so', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(2)});
    for (const to_do of ['at first', 'again']) {
      const {exitCode, stderr} = await collectShard(place, 3, 3);
      expect(exitCode, to_do).toBe(0);
      expect(stderr).toContain(
        'Shard 3/3 has no task: there are fewer of them (2) than shards. There is nothing to do.',
      );
    }
    const files = await place.files();
    for (const name of ['s3.jsonl', 's3_materialized_inputs.jsonl', 's3_failures.jsonl'])
      expect(files.get(name)).toBe('');
    expect(JSON.parse(files.get('s3_aggregate_metrics.json') ?? '')).toEqual([]);
    expect(place.simulator.ledger.summary().requests).toBe(0);
  });

  it('is the whole where there is one share, which the command without one goes on with', async () => {
    await using place = await setUpWorkplace();
    await collectShard(place, 1, 1);
    const {exitCode, stderr} = await place.collect('--num-repeats', '2', '-o', 's1.jsonl');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('0 of 16 rollouts to do, 16 done before.');
  });

  it('takes its share from the scheduler, and refuses where there is none', async () => {
    await using place = await setUpWorkplace();
    const auto = (env: Record<string, string>): Promise<ProgramEnd> => {
      const words = [
        'collect-rollouts',
        '--config',
        'model.yaml',
        '-i',
        'in.jsonl',
        '-o',
        's.jsonl',
        '--shard',
        'auto',
      ];
      return startProgram(words, {cwd: place.folder.path, env}).ended;
    };
    const none = await auto({});
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toMatch(/--shard auto cannot tell.*\n.*none of these is set: SLURM_ARRAY_TASK_ID/);
    const third = await auto({CI_NODE_INDEX: '3', CI_NODE_TOTAL: '4'});
    expect(third.exitCode, third.stderr).toBe(0);
    expect(third.stderr).toContain('Shard 3/4: 2 of 8 tasks');
  });
});
