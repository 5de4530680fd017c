import {existsSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import type {Readable} from 'node:stream';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {runProgram} from '../helpers/run-program.ts';
import {setUpWorkplace, untilHeld, type Workplace} from './workplace.ts';

const hanging = {faults: [{match: {text: 'Say 3'}, kind: 'hang', every: 1}]};

async function verify(place: Workplace, ...more: readonly string[]) {
  const end = await runProgram(['verify', 'out.jsonl', '--json', ...more], {cwd: place.folder.path});
  return {...end, json: (end.stdout === '' ? {} : JSON.parse(end.stdout)) as JsonObject};
}

async function runsOf(place: Workplace): Promise<readonly JsonObject[]> {
  const manifest = JSON.parse(await readFile(place.folder.file('out_manifest.json'), 'utf8')) as {
    readonly runs: readonly JsonObject[];
  };
  return manifest.runs;
}

describe('rollcall verify', () => {
  it('proves what a run has written, and that it is of that input, without configuration', async () => {
    await using place = await setUpWorkplace();
    await place.collect();
    await rm(place.folder.file('model.yaml'));
    await rm(place.folder.file('env.yaml'));
    const before = await place.files();
    const proven = await verify(place, '--input', 'in.jsonl');
    expect(proven.json, proven.stderr).toMatchObject({verdict: 'proven', wanted: 8, done: 8});
    expect(proven.exitCode).toBe(0);
    expect(await place.files()).toEqual(before);
    await place.write('other.jsonl', '{"prompt":"x"}\n');
    expect((await verify(place, '--input', 'other.jsonl')).exitCode).toBe(2);
  });

  it('tells of a changed line with exit code 2, and of missing rollouts with 3', async () => {
    await using place = await setUpWorkplace();
    await place.collect('--limit', '8');
    const text = await readFile(place.folder.file('out.jsonl'), 'utf8');
    await writeFile(place.folder.file('out.jsonl'), text.replace('"completed"', '"complexed"'));
    const changed = await verify(place);
    expect(changed.exitCode).toBe(2);
    expect(changed.stderr).toMatch(/damaged: 8 of 8.*\n.*changed since they were written \(lines 1 to 8\)/);
    await writeFile(place.folder.file('out.jsonl'), '');
    await rm(place.folder.file('out_chain.jsonl'));
    await writeFile(place.folder.file('out_chain.jsonl'), '');
    const missing = await verify(place);
    expect(missing.json).toMatchObject({verdict: 'incomplete', exit_code: 3, owed: 8});
  });

  it('says that there is no output, as an error for machines too', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr, json} = await verify(place);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/there is no output at/);
    expect(json).toMatchObject({verdict: 'refused', code: 'ERR_OUTPUT_MISSING'});
  });

  it('refuses an output that is being written', async () => {
    await using place = await setUpWorkplace({simulator: hanging});
    const {child, ended} = place.start();
    await untilHeld(place);
    const {exitCode, stderr} = await verify(place);
    child.kill('SIGKILL');
    await ended;
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/is being written by process/);
  });
});

describe('a run that was cut off', () => {
  it('names, when it was killed, the rollouts that may be billed twice to the next, which verify accepts in the end', async () => {
    await using place = await setUpWorkplace({simulator: hanging});
    await killAfterSeven(place);
    expect(existsSync(place.folder.file('out_dispatched.jsonl'))).toBe(true);
    await place.simulator.close();
    await using next = await setUpWorkplace();
    await place.write('env.yaml', await readFile(next.folder.file('env.yaml'), 'utf8'));
    const {exitCode, stderr} = await place.collect('--max-output-tokens', '500');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(
      /1 rollout\(s\) had begun when an earlier run was cut off and have no record.*at most about 51\d tokens.*: 3:0/,
    );
    expect((await runsOf(place)).map((run) => run['may_be_billed_twice'])).toEqual([
      undefined,
      expect.objectContaining({rollouts: 1, ids: ['3:0'], is_guess: false}),
    ]);
    expect(existsSync(place.folder.file('out_dispatched.jsonl'))).toBe(false);
    const proven = await verify(place);
    expect(proven.exitCode, proven.stderr).toBe(0);
  });

  it('is told of to who overwrites it too, before its files are moved aside', async () => {
    await using place = await setUpWorkplace({simulator: hanging});
    await killAfterSeven(place);
    await using next = await setUpWorkplace();
    await place.write('env.yaml', await readFile(next.folder.file('env.yaml'), 'utf8'));
    const {exitCode, stderr} = await place.collect('--max-output-tokens', '700', '--overwrite');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(
      /1 rollout\(s\) had begun when an earlier run was cut off and have no record.*at most about 51\d tokens.*: 3:0\n(.*\n)*?.*what was there is now/,
    );
    expect(stderr.match(/had begun when/g)).toHaveLength(1);
    expect(await runsOf(place)).toMatchObject([{may_be_billed_twice: {rollouts: 1, ids: ['3:0']}}]);
  });

  it('may be overwritten though nobody can tell what it had begun: that is said', async () => {
    await using place = await setUpWorkplace();
    await place.collect('--limit', '2');
    await place.write('out.jsonl', 'what is this\n{"_ng_task_index":0,"_ng_rollout_index":0}\n');
    await place.write('out_dispatched.jsonl', '{"begun":[[1,0,1]]}\n');
    const {exitCode, stderr} = await place.collect('--overwrite');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/which of its rollouts may be billed twice cannot be told: .*no records: 1/);
  });

  it('is not the only one that leaves such notes: an abort does too, and a dry run keeps them', async () => {
    await using place = await setUpWorkplace({simulator: hanging});
    const {child, ended} = place.start();
    await untilHeld(place);
    child.kill('SIGINT');
    await said(child.stderr, /draining/);
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(130);
    const again = await place.collect('--dry-run');
    expect(again.exitCode, again.stderr).toBe(0);
    const text = await readFile(place.folder.file('out_dispatched.jsonl'), 'utf8');
    expect(text).toContain('[3,0,1]');
  });
});

/** Runs the collector until all but the call that hangs are recorded, and kills it. */
async function killAfterSeven(place: Workplace): Promise<void> {
  const {child, ended} = place.start('--max-output-tokens', '500');
  await untilHeld(place);
  await recordsIn(place, 7);
  child.kill('SIGKILL');
  await ended;
}

async function recordsIn({folder}: Workplace, count: number): Promise<void> {
  await until(async () => (await readFile(folder.file('out.jsonl'), 'utf8')).split('\n').length > count);
}

/** Asks again in each round of the event loop. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when a stream has said it. */
async function said(stream: Readable | null, pattern: RegExp): Promise<void> {
  let text = '';
  await new Promise<void>((resolve) => {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve();
    });
  });
}
