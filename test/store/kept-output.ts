import {readFile} from 'node:fs/promises';
import {goneOnWith} from '../../src/app/output-notices.ts';
import type {Outcome, Rollout} from '../../src/core/rollout.ts';
import {readJournal} from '../../src/store/journal.ts';
import {type Manifest, type ManifestRun, readManifest, writeManifest} from '../../src/store/manifest.ts';
import type {OutputPaths} from '../../src/store/output-paths.ts';
import {openSink} from '../../src/store/sink.ts';
import {type Verification, type VerifyOptions, verifyOutput} from '../../src/store/verify/verify-output.ts';
import {writeLines} from '../../src/store/write-lines.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {completedOutcome, rolloutOf} from './outcomes.ts';

const same = (text: string): string => text;

/** Rollouts of tasks 0 to count − 1. */
export function planOf(count: number): readonly Rollout[] {
  return Array.from({length: count}, (_, task) => rolloutOf(task, 0, {members: `"q":1.0,"t":"ü ${task}"`}));
}

/** Materialises a plan and notes the run's begin, as a collection does. */
export async function beginOutput(paths: OutputPaths, plan: readonly Rollout[]): Promise<Manifest> {
  const batches = (async function* () {
    yield await Promise.resolve(plan.map(({text}) => text));
  })();
  const {count: rows, sha256} = await writeLines(paths.materialized, batches, createFakeClock());
  const manifest: Manifest = {
    fingerprint: {input_sha256: 'abc', limit: null},
    about: {rollouts: rows, materialized_sha256: sha256, line_chain: 'sha256', max_attempts: 3},
    runs: [{startedAt: 'then'}],
  };
  await writeManifest(paths.manifest, manifest, same);
  return manifest;
}

/** Records outcomes as a run does that goes on with what is there; a run that `isKilled` closes its files and says no end. */
export async function goOn(
  paths: OutputPaths,
  outcomesOf: (owed: (rollout: Rollout) => boolean) => readonly Outcome[],
  {isKilled = false, batch = 64}: {readonly isKilled?: boolean; readonly batch?: number} = {},
): Promise<void> {
  const manifest = await readManifest(paths.manifest);
  if (manifest === undefined) throw new Error('begin the output first');
  const journal = await readJournal(paths);
  const begun: ManifestRun = {startedAt: 'then', goneOnWith: goneOnWith(journal, manifest.runs)};
  await writeManifest(paths.manifest, {...manifest, runs: [...manifest.runs, begun]}, same);
  const outcomes = outcomesOf(({id}) => !journal.isDone(id));
  let head = journal.chain?.head;
  for (let at = 0; at === 0 || at < outcomes.length; at += batch) {
    const sink = await openSink({
      paths,
      chainHead: head,
      append: true,
      clock: createFakeClock(),
      redact: same,
    });
    for (const outcome of outcomes.slice(at, at + batch)) await sink.write(outcome);
    await sink.close();
    head = sink.chainHead;
  }
  if (isKilled) return;
  const ended = {...begun, endedAt: 'now', exitCode: 0, chain: head};
  await writeManifest(paths.manifest, {...manifest, runs: [...manifest.runs, ended]}, same);
}

/** A whole output of `count` rollouts, in blocks of `batch` lines. */
export async function keepOutput(paths: OutputPaths, count: number, batch = 64): Promise<readonly Rollout[]> {
  const plan = planOf(count);
  await beginOutput(paths, plan);
  await goOn(paths, () => plan.map((rollout) => completedOutcome(rollout)), {batch});
  return plan;
}

/** Goes on with whatever is owed of a plan. */
export function complete(paths: OutputPaths, plan: readonly Rollout[]): Promise<void> {
  return goOn(paths, (isOwed) => plan.filter(isOwed).map((rollout) => completedOutcome(rollout)));
}

export async function verified(
  paths: OutputPaths,
  options: Omit<VerifyOptions, 'manifest'> = {},
): Promise<Verification> {
  return verifyOutput(paths, {manifest: await readManifest(paths.manifest), ...options});
}

/** The lines of a file, without their ends. */
export async function linesOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).split('\n').slice(0, -1);
}
