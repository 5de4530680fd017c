import {execFileSync} from 'node:child_process';
import {appendFile, readdir, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Rollout} from '../../src/core/rollout.ts';
import {encodeRollout} from '../../src/store/encode-record.ts';
import {readManifest, writeManifest} from '../../src/store/manifest.ts';
import {type OutputPaths, outputPaths} from '../../src/store/output-paths.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {beginOutput, complete, goOn, keepOutput, linesOf, planOf, verified} from './kept-output.ts';
import {completedOutcome, failedOutcome, rolloutOf} from './outcomes.ts';

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const kindsOf = async (paths: OutputPaths): Promise<readonly string[]> =>
  (await verified(paths)).findings.map(({kind}) => kind);

describe('verifyOutput', () => {
  it('proves an output that was left as it was written, and changes nothing', async () => {
    await using output = await createOutput(130);
    const before = await readdir(output.folder);
    expect(await verified(output.paths)).toMatchObject({
      verdict: 'proven',
      counts: {wanted: 130, done: 130, owed: 0, givenUp: 0},
      findings: [],
      unproven: [],
    });
    expect(await readdir(output.folder)).toEqual(before);
  });

  it('finds any byte that was changed', async () => {
    await using output = await createOutput(6, 2);
    const whole = await readFile(output.paths.output);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({max: whole.length - 1}),
        fc.integer({min: 1, max: 255}),
        async (at, change) => {
          const bytes = Buffer.from(whole);
          bytes[at] = (bytes[at] ?? 0) ^ change;
          await writeFile(output.paths.output, bytes);
          expect((await verified(output.paths)).verdict).not.toBe('proven');
        },
      ),
      {numRuns: 150},
    );
  });

  it('finds any line that was removed, repeated or moved', async () => {
    await using output = await createOutput(9, 2);
    const lines = await linesOf(output.paths.output);
    const place = fc.nat({max: lines.length - 1});
    const change = fc.oneof(
      place.map((at) => lines.toSpliced(at, 1)),
      fc.tuple(place, place).map(([at, to]) => lines.toSpliced(to, 0, lines[at] ?? '')),
      fc
        .tuple(place, place)
        .filter(([at, to]) => at !== to)
        .map(([at, to]) => lines.with(at, lines[to] ?? '').with(to, lines[at] ?? '')),
    );
    await fc.assert(
      fc.asyncProperty(change, async (changed) => {
        await writeFile(output.paths.output, textOf(changed));
        expect((await verified(output.paths)).verdict).toBe('damaged');
      }),
      {numRuns: 100},
    );
  });

  it('accepts what was gone on with after any kill, once it is complete', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = planOf(8);
    const share = fc.double({min: 0, max: 1, noNaN: true});
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(share, share, fc.boolean()), {maxLength: 4}), async (kills) => {
        for (const path of [paths.output, paths.chain, paths.failures]) await rm(path, {force: true});
        await beginOutput(paths, plan);
        for (const [ofOutput, ofChain, isEnded] of kills) {
          await goOn(paths, (isOwed) => plan.filter(isOwed).map((rollout) => completedOutcome(rollout)), {
            isKilled: !isEnded,
            batch: 3,
          });
          await cutTo(paths.output, ofOutput);
          await cutTo(paths.chain, ofChain);
        }
        await complete(paths, plan);
        expect(await verified(paths)).toMatchObject({verdict: 'proven', counts: {done: 8}});
      }),
      // The end of an ended run, lost together with its checkpoint.
      {numRuns: 30, examples: [[[[0.9672868883629697, 0.904349091477059, true]]]]},
    );
  });

  it('says within which lines something was changed, and that it was even after a run went on', async () => {
    await using output = await createOutput(10, 2);
    const lines = await linesOf(output.paths.output);
    const other = lines.with(4, (lines[4] ?? '').replace('resp_1', 'resp_2'));
    await writeFile(output.paths.output, textOf(other));
    expect((await verified(output.paths)).findings).toMatchObject([
      {kind: 'changed', count: 1, examples: ['lines 5 to 6']},
    ]);
    await complete(output.paths, output.plan);
    expect(await verified(output.paths)).toMatchObject({
      verdict: 'damaged',
      findings: [{kind: 'changed', examples: ['lines 5 to 10, before a run went on with them']}],
    });
  });

  it('tells what is owed from what is given up, and a torn end from damage', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = planOf(5);
    await beginOutput(paths, plan);
    const [first = rolloutOf(0), second = rolloutOf(1), third = rolloutOf(2)] = plan;
    await goOn(paths, () => [
      completedOutcome(first),
      failedOutcome(second, {effect: 'rollout'}),
      ...[third, third, third].map((rollout) => failedOutcome(rollout)),
    ]);
    await appendFile(paths.output, '{"torn');
    expect(await verified(paths)).toMatchObject({
      verdict: 'incomplete',
      counts: {wanted: 5, done: 1, owed: 2, givenUp: 2, failures: 4},
      findings: [
        {kind: 'torn', grade: 'incomplete'},
        {kind: 'given_up', examples: ['1:0', '2:0']},
        {kind: 'owed', examples: ['3:0', '4:0']},
      ],
    });
  });

  it('counts lines that a killed run left without a checkpoint as not proven yet', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = planOf(4);
    await beginOutput(paths, plan);
    await goOn(paths, () => plan.slice(0, 2).map((rollout) => completedOutcome(rollout)), {isKilled: true});
    await appendFile(
      paths.output,
      textOf(plan.slice(2).map((each) => encodeRollout(completedOutcome(each)))),
    );
    expect(await verified(paths)).toMatchObject({
      verdict: 'incomplete',
      findings: [{kind: 'unsealed', count: 2, examples: ['from line 3']}],
    });
    await complete(paths, plan);
    expect(await verified(paths)).toMatchObject({
      verdict: 'proven',
      notes: expect.arrayContaining([
        expect.stringMatching(/^2 line\(s\) were in no checkpoint/),
      ]) as string[],
    });
  });

  it.each([
    ['of another run', () => encodeRollout(completedOutcome(rolloutOf(77))), 'foreign'],
    ['of another row', () => encodeRollout(completedOutcome(rolloutOf(3))), 'other_row'],
    [
      'that failed',
      () => '{"_ng_failure_class":"x","_ng_task_index":3,"_ng_rollout_index":0}',
      'failed_record',
    ],
    ['without identity', () => '{"a":1}', 'unidentified'],
  ])('finds a record %s', async (_, line, kind) => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = planOf(4);
    await beginOutput(paths, plan);
    await goOn(paths, () => plan.slice(0, 3).map((rollout) => completedOutcome(rollout)));
    await appendFile(paths.output, `${line()}\n`);
    expect(await kindsOf(paths)).toContain(kind);
  });

  it('finds rows that were changed after they were materialised, and an output that is of another input', async () => {
    await using output = await createOutput(4);
    const rows = await readFile(output.paths.materialized, 'utf8');
    await writeFile(output.paths.materialized, rows.replace('ü 2', 'ü 9'));
    expect(await kindsOf(output.paths)).toEqual(['materialized_changed', 'other_row']);
    await writeFile(output.paths.materialized, rows);
    expect((await verified(output.paths, {inputSha256: 'abc'})).verdict).toBe('proven');
    expect(await verified(output.paths, {inputSha256: 'xyz'})).toMatchObject({
      verdict: 'damaged',
      findings: [{kind: 'other_input'}],
    });
  });

  it('compares around secrets that were taken out of a record', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const plan = [rolloutOf(0, 0, {members: '"q":"the key is s3cr3t-1 and s3cr3t-1."'})];
    await beginOutput(paths, plan);
    const masked = (rollout: Rollout): Rollout => ({
      ...rollout,
      text: rollout.text.replaceAll('s3cr3t-1', '****'),
    });
    await goOn(paths, () => plan.map((rollout) => completedOutcome(masked(rollout))));
    expect(await verified(paths)).toMatchObject({
      verdict: 'proven',
      notes: expect.arrayContaining([expect.stringMatching(/secrets taken out/)]) as string[],
    });
  });

  it.each(['chain', 'materialized'] as const)('notices that the %s file is gone', async (key) => {
    await using output = await createOutput(3);
    await rm(output.paths[key]);
    expect((await verified(output.paths)).verdict).toBe('damaged');
  });

  it('does not wait for what a pipe in the place of the checkpoints might say', async () => {
    await using output = await createOutput(3);
    await rm(output.paths.chain);
    execFileSync('mkfifo', [output.paths.chain]);
    await expect(verified(output.paths)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      message: `cannot read ${output.paths.chain}: it is no file`,
    });
  });

  it('notices checkpoints that were made anew for a changed output', async () => {
    await using output = await createOutput(3);
    const manifest = await readManifest(output.paths.manifest);
    const text = await readFile(output.paths.output, 'utf8');
    await writeFile(output.paths.output, text.replace('resp_1', 'resp_2'));
    await rm(output.paths.chain);
    await complete(output.paths, output.plan);
    if (manifest !== undefined) await writeManifest(output.paths.manifest, manifest, (each) => each);
    expect(await kindsOf(output.paths)).toContain('other_head');
  });

  it('says what cannot be proven of outputs of NeMo Gym', async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const identity = '"_ng_task_index":0,"_ng_rollout_index":0,"agent_ref":{"name":"a"}';
    await writeFile(paths.materialized, `{"responses_create_params":{"input":"x"},${identity}}\n`);
    await writeFile(
      paths.output,
      `{"responses_create_params":{"input":[{"role":"user","content":"x"}]},"response":{},"reward":1.0,${identity}}\n`,
    );
    expect(await verified(paths)).toMatchObject({
      verdict: 'incomplete',
      counts: {wanted: 1, done: 1},
      findings: [],
      unproven: [/no hash/, /no manifest/, /NeMo Gym/].map((each) => expect.stringMatching(each) as string),
    });
  });

  it('refuses what is no output', async () => {
    await using folder = await createTempFolder();
    await expect(verified(outputPaths(folder.file('out.jsonl')))).rejects.toMatchObject({
      code: 'ERR_OUTPUT_MISSING',
    });
  });
});

async function cutTo(path: string, share: number): Promise<void> {
  const {length} = await readFile(path);
  // Most cuts take a little from the end, as kills do.
  await truncate(path, Math.floor(length * (1 - share ** 4)));
}

interface KeptOutput extends AsyncDisposable {
  readonly paths: OutputPaths;
  readonly plan: readonly Rollout[];
  readonly folder: string;
}

async function createOutput(count: number, batch?: number): Promise<KeptOutput> {
  const folder = await createTempFolder();
  const paths = outputPaths(folder.file('out.jsonl'));
  const plan = await keepOutput(paths, count, batch);
  return {paths, plan, folder: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]()};
}
