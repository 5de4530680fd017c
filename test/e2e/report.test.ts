import {readFile, symlink} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import type {PageNotes, PageRows, RowTexts} from '../../src/report/html/page-data.ts';
import {runProgram} from '../helpers/run-program.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

const report = (place: Workplace, ...args: readonly string[]) =>
  runProgram(['report', ...args], {cwd: place.folder.path});

const hostile = '</script><script>alert(1)</script><!-- \u202e\u001b[2J " \' & \u2028';

/** A record as a run writes it, with what a test says otherwise. */
function record(task: number, rollout: number, reward: number, more: object = {}): string {
  return JSON.stringify({
    responses_create_params: {input: [{role: 'user', content: `Question ${String(task)}?`}]},
    response: {
      model: 'gpt',
      output: [
        {type: 'message', role: 'assistant', content: [{type: 'output_text', text: `Answer ${hostile}`}]},
      ],
      usage: {input_tokens: 10, output_tokens: 5 + rollout},
    },
    reward,
    judge_evaluations: [{verdict_label: reward > 0 ? '[[A=B]]' : null, response: {output: []}}],
    agent_ref: {name: 'agent'},
    _ng_task_index: task,
    _ng_rollout_index: rollout,
    _rollcall: {attempt: 1, calls: 2, deployment: 'gpt', model_ms: 100 + task, judge_ms: 50, cost_usd: 0.25},
    ...more,
  });
}

const rewards = [
  [1, 0, 1],
  [0, 0, 0],
  [1, 1, 0.5],
];

/** An output with a failed and a missing rollout, as other programs may have made it. */
async function writeOutput(place: Workplace, stem = 'out', tasks = rewards): Promise<void> {
  const ids = tasks.flatMap((task, index) => task.map((_, rollout) => [index, rollout] as const));
  const wanted = [...ids, [9, 0], [9, 1]] as const;
  const row = ([task, rollout]: readonly [number, number]) =>
    JSON.stringify({agent_ref: {name: 'agent'}, _ng_task_index: task, _ng_rollout_index: rollout});
  const records = ids.map(([task, rollout]) => record(task, rollout, tasks[task]?.[rollout] ?? 0));
  const failure = record(9, 0, 0, {
    reward: undefined,
    response: undefined,
    _ng_failure_class: 'agent_request_failed',
    _ng_failure: {code: 'ERR_MODEL_TIMEOUT', message: hostile, hint: null},
  });
  const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
  await place.write(`${stem}_materialized_inputs.jsonl`, lines(wanted.map(row)));
  await place.write(`${stem}.jsonl`, lines(records));
  await place.write(`${stem}_failures.jsonl`, lines([failure]));
}

/** The JSON of the page's script elements, and the page without them. */
function takeApart(page: string) {
  const scripts = [
    ...page.matchAll(/<script type="application\/json" (?:id|class)="(\w+)">([^<]*)<\/script>/g),
  ];
  const dataOf = (name: string): unknown[] =>
    scripts.filter(([, id]) => id === name).map(([, , json = '']) => JSON.parse(json) as unknown);
  return {
    rows: dataOf('rows')[0] as PageRows,
    texts: dataOf('texts').flat() as RowTexts[],
    notes: dataOf('notes')[0] as PageNotes,
    markup: page.replaceAll(/<script[\s\S]*?<\/script>|<style>[\s\S]*?<\/style>/g, ''),
  };
}

const pageOf = async (place: Workplace, name = 'out_report.html') =>
  takeApart(await readFile(place.folder.file(name), 'utf8'));

describe('report', () => {
  it('shows the numbers of the aggregate metrics, to the last digit shown', async () => {
    await using place = await setUpWorkplace();
    await writeOutput(place);
    const {exitCode, stdout, stderr} = await report(place, 'out.jsonl', '--json');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('9 rollouts done, 1 failed, 1 missing.');
    await runProgram(['aggregate', 'out.jsonl', '--allow-partial'], {cwd: place.folder.path});
    const [metrics] = JSON.parse(await readFile(place.folder.file('out_aggregate_metrics.json'), 'utf8')) as [
      {agent_metrics: Record<string, number>; rollcall: {mean_reward_interval_95: [number, number]}},
    ];
    const mean = metrics.agent_metrics['mean/reward'] ?? Number.NaN;
    const [low, high] = metrics.rollcall.mean_reward_interval_95;
    expect(JSON.parse(stdout)).toMatchObject({mean_reward: mean, mean_reward_interval_95: [low, high]});
    const {markup} = await pageOf(place);
    expect(markup).toContain(
      `<strong>${mean.toFixed(3)}</strong> (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}); n = 9 rollouts of 3 tasks`,
    );
    expect(metrics.rollcall).toMatchObject({passed_rollouts: 4, cost_usd: 2.25, unparsed_verdicts: 4});
    for (const text of ['9 of 11 done, 1 failed, 1 missing', '4 of 9 (44.4 %)', '$2.25', '4 without a label'])
      expect(markup).toContain(text);
    expect(markup).toContain('90 in, 54 out');
    expect(markup).toContain('p50 101 ms');
    expect(markup).toMatch(/agent_request_failed, ERR_MODEL_TIMEOUT<\/th><td>1</);
  });

  it('holds every rollout with its texts, failed ones first, and lets no text out of its place', async () => {
    await using place = await setUpWorkplace();
    await writeOutput(place);
    await report(place, 'out.jsonl');
    const page = await readFile(place.folder.file('out_report.html'), 'utf8');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/[\u2028\u202e\u001b]/);
    expect(page.match(/<script/g)?.length).toBe(page.match(/<\/script>/g)?.length);
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/,
    );
    expect(page).not.toMatch(/https?:/);
    const {rows, texts, notes} = takeApart(page);
    expect(rows.task).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 9]);
    expect(rows.reward).toEqual([...rewards.flat(), null]);
    expect(notes.rowsWithTexts[0]).toBe(9);
    expect(texts.map(([row]) => row)).toEqual(notes.rowsWithTexts);
    expect(texts[0]?.[1][0]).toEqual(['Failure', `agent_request_failed\nERR_MODEL_TIMEOUT\n${hostile}`]);
    // Then by reward, the lowest first.
    expect(rows.reward[notes.rowsWithTexts[1] ?? -1]).toBe(0);
    expect(texts[1]?.[1][1]).toEqual(['Answer', `Answer ${hostile}`]);
  });

  it('keeps to its size, and says what it leaves out', async () => {
    await using place = await setUpWorkplace();
    const long = 'x'.repeat(900_000);
    const lines = [0, 1, 2].map((task) => record(task, 0, task, {expected_answer: long}));
    await place.write('out.jsonl', lines.map((line) => `${line}\n`).join(''));
    const {exitCode, stderr} = await report(place, 'out.jsonl', '--max-size', '1', '--max-text', '1000000');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('The page has the texts of 1 of 3');
    expect(stderr).toContain('out.jsonl has no materialised inputs beside it');
    const {rows, texts, markup} = await pageOf(place);
    expect(rows.task).toHaveLength(3);
    expect(texts.map(([row]) => row)).toEqual([0]);
    expect(markup).toContain('The texts of 1 of 3 rollouts are in this page');
    await report(place, 'out.jsonl', '-o', 'sub/short.html', '--max-text', '100');
    const passages = (await pageOf(place, 'sub/short.html')).texts.map(([, [, , expected]]) => expected);
    expect(passages[0]).toEqual(['Expected answer', 'x'.repeat(75), 899_900, 'x'.repeat(25)]);
  });

  it('compares two runs by task, says what is not compared, and refuses where nothing can be', async () => {
    await using place = await setUpWorkplace();
    await writeOutput(place);
    await writeOutput(place, 'other', [
      [0, 0, 0],
      [0, 1, 0.5],
      [1, 1, 0.5],
    ]);
    const {exitCode, stdout, stderr} = await report(place, 'out.jsonl', '--compare', 'other.jsonl', '--json');
    expect(exitCode, stderr).toBe(0);
    const {comparison} = JSON.parse(stdout) as {comparison: {reward: Record<string, unknown>}};
    // Differences by task: 2/3, −1/2, 0; mean 1/18.
    expect(comparison).toMatchObject({tasks: 4, same_number_other_input: 0, only_here: 0, only_there: 0});
    expect(comparison.reward).toMatchObject({tasks: 3, higher: 1, lower: 1, equal: 1});
    expect(comparison.reward['difference']).toBeCloseTo(1 / 18, 12);
    const {rows, texts, notes, markup} = await pageOf(place);
    expect(markup).toContain('1 task better, 1 worse, 1 the same.');
    expect(markup).toContain('+0.056');
    expect(rows.change.slice(3, 6)).toEqual([-0.5, -0.5, -0.5]);
    // After the failed one those that got worse.
    expect(notes.rowsWithTexts.slice(0, 4)).toEqual([9, 3, 4, 5]);
    expect(texts[1]?.[1].at(-1)?.[0]).toBe('Answer in other.jsonl, reward 0');
    await place.write('foreign.jsonl', `${record(0, 0, 1, {responses_create_params: {input: 'Else?'}})}\n`);
    const refused = await report(place, 'out.jsonl', '--compare', 'foreign.jsonl', '--json');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('1 tasks have the same number in both, and another input in each');
    expect(JSON.parse(refused.stdout)).toMatchObject({report: null, code: 'ERR_COMPARE_TASKS'});
  });

  it('writes to standard output, and over none of the files that it reads', async () => {
    await using place = await setUpWorkplace();
    await writeOutput(place);
    const printed = await report(place, 'out.jsonl', '-o', '-');
    expect(printed.stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect([...(await place.files()).keys()].filter((name) => name.endsWith('.html'))).toEqual([]);
    await symlink('out.jsonl', place.folder.file('link.html'));
    const before = await place.files();
    for (const name of ['out.jsonl', 'out_failures.jsonl', './out_manifest.json', 'link.html']) {
      const refused = await report(place, 'out.jsonl', '-o', name);
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toContain('a report would take the place of other files');
    }
    expect(await place.files()).toEqual(before);
  });

  it.each([
    [['none.jsonl'], 'none.jsonl: is no file'],
    [['out.jsonl', 'out.jsonl'], 'report takes one output'],
    [['-'], 'rollouts are read twice'],
    [['out.jsonl', '-o', '-', '--json'], 'not both'],
    [['out.jsonl', '--max-size', '0'], '--max-size takes a whole number, from 1 to 1024; got "0"'],
    [['out.jsonl', '--max-text', 'all'], '--max-text takes a whole number'],
    [['out.jsonl', '--compare', ''], '--compare must not be empty'],
  ])('refuses %j with what is wrong', async (words, message) => {
    await using place = await setUpWorkplace();
    await writeOutput(place);
    const {exitCode, stderr} = await report(place, ...words);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('of an output without any rollout says so', async () => {
    await using place = await setUpWorkplace();
    await place.write('out.jsonl', '');
    const {exitCode, stderr} = await report(place, 'out.jsonl');
    expect(exitCode, stderr).toBe(0);
    expect((await pageOf(place)).markup).toContain('none was judged');
  });
});
