import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {runProgram} from '../helpers/run-program.ts';
import {parseXml} from '../report/parse-xml.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

const textOf = (place: Workplace, name: string): Promise<string> => readFile(place.folder.file(name), 'utf8');

describe('gates', () => {
  it('end a run with 4 where one is not reached, tell every report, and judge anew with the same output', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await place.collect(
      ...['--gate', 'num_rollouts>=8', '--gate', 'p95/output_tokens<=0', '--summary-json', 's.json'],
      ...['--summary-md', 's.md', '--junit', 'reports/j.xml'],
    );
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toMatch(
      /✓ gate num_rollouts>=8 passed: 8, n = 8 rollouts\n✗ gate p95\/output_tokens<=0 failed: /,
    );
    expect(JSON.parse(await textOf(place, 's.json'))).toMatchObject({
      exit_code: 4,
      gates: [
        {status: 'passed', value: 8},
        {status: 'failed', agent: 'simple_agent', bound: 0},
      ],
    });
    expect(await textOf(place, 's.md')).toContain('| `num_rollouts>=8` | ✅ passed |');
    expect(parseXml(await textOf(place, 'reports/j.xml')).attributes.get('failures')).toBe('1');
    const sent = place.simulator.ledger.summary().requests;
    expect((await place.collect('+gates=["failure_rate==0"]')).exitCode).toBe(0);
    expect(place.simulator.ledger.summary().requests).toBe(sent);
  });

  it.each([
    ['mean/rewrad>=0.8', /did you mean mean\/reward\?/],
    ['mean/reward>=0.8', /nobody scores the rollouts of "simple_agent"/],
    ['simple:num_tasks>=1', /no row is for an agent "simple"/],
    ['pass@2>=0.5', /nobody scores/],
  ])('that cannot be passed are refused before anything is sent: %s', async (gate, message) => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await place.collect('--gate', gate);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(place.simulator.ledger.summary().requests).toBe(0);
  });

  it('come after too many failures, and are not evaluated when the run ended early', async () => {
    await using place = await setUpWorkplace();
    const early = await place.collect(
      '--gate',
      'num_rollouts>=1',
      '--max-tokens-total',
      '1',
      '--junit',
      'j.xml',
    );
    expect(early.exitCode, early.stderr).toBe(5);
    expect(early.stderr).toContain(
      '– gate num_rollouts>=1 not evaluated: the run ended before every rollout had its chance',
    );
    expect(parseXml(await textOf(place, 'j.xml')).attributes.get('errors')).toBe('2');
  });

  it('are the same for outputs that are put together', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const words = ['aggregate', 'out.jsonl', '--json', '--junit', 'j.xml', '--gate'];
    const passed = await runProgram([...words, 'num_tasks==8'], {cwd: place.folder.path});
    expect(passed.exitCode, passed.stderr).toBe(0);
    const failed = await runProgram([...words, 'mean/reward>=0'], {cwd: place.folder.path});
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toContain('✗ gate mean/reward>=0 failed: 8 of 8 completed rollouts have no reward');
    expect(JSON.parse(failed.stdout)).toMatchObject({gates: [{status: 'failed', value: null}]});
    expect(parseXml(await textOf(place, 'j.xml')).attributes.get('failures')).toBe('1');
  });
});

describe('reports', () => {
  it.each(['--summary-json', '--summary-md', '--junit'])(
    'never take the place of a file of the run, nor of the input: %s',
    async (flag) => {
      await using place = await setUpWorkplace();
      await place.collect();
      await symlink('out.jsonl', place.folder.file('link'));
      const before = await place.files();
      for (const path of ['out.jsonl', 'out_manifest.json', 'in.jsonl', 'link']) {
        const {exitCode, stderr} = await place.collect(flag, path);
        expect(exitCode).toBe(2);
        expect(stderr).toContain('a report would take the place of other files');
      }
      expect(await place.files()).toEqual(before);
    },
  );

  it('are appended to the step summary of GitHub, up to 1 MiB; what cannot be written is a warning', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    const file = place.folder.file('step.md');
    const run = async (path: string) =>
      runProgram(['collect-rollouts', '--config', 'model.yaml', '-i', 'in.jsonl', '-o', 'out.jsonl'], {
        cwd: place.folder.path,
        env: {GITHUB_STEP_SUMMARY: path},
      });
    await writeFile(file, 'before\n');
    expect((await run(file)).exitCode).toBe(0);
    expect(await textOf(place, 'step.md')).toMatch(
      /^before\n\n### ✅ rollcall: 0 rollouts completed, 8 done before/,
    );
    await writeFile(file, 'x'.repeat(1_048_576 - 100));
    expect((await run(file)).exitCode).toBe(0);
    const cut = await readFile(file);
    expect(cut.length).toBeLessThanOrEqual(1_048_576);
    expect(cut.toString().slice(-70)).toContain('GitHub takes 1 MiB of summary a step.');
    await mkdir(place.folder.file('folder'));
    const warned = await run(place.folder.file('folder'));
    expect(warned.exitCode).toBe(0);
    expect(warned.stderr).toContain('Warning: the step summary (GITHUB_STEP_SUMMARY) is not written to');
  });
});
