import {readFile} from 'node:fs/promises';
import {checkAttempts} from './check-attempts.js';
import {checkCalls} from './check-calls.js';
import {checkMetrics} from './check-metrics.js';
import {readAppended} from './read-appended.js';

/** Checks everything that the runs left behind. Returns figures for people, and what is wrong. */
export async function checkOutput(scene, {rows}, {runs}) {
  const problems = [];
  const records = await readAppended(scene.file('out.jsonl')).next(problems);
  const failures = await readAppended(scene.file('out_failures.jsonl')).next(problems);
  const truth = await readTruth(scene, problems);
  problems.push(
    ...checkIdentities(records, await readWanted(scene), rows),
    ...checkRewards(records, truth),
    ...checkAttempts(records, failures),
    ...checkMetrics(records, JSON.parse(await readFile(scene.file('out_aggregate_metrics.json'), 'utf8'))),
    ...(await checkNothingIsLeft(scene)),
  );
  const calls = await checkCalls(scene, runs);
  problems.push(...calls.problems);
  return {
    problems,
    figures: {
      runs: `${runs.length}, ${runs.filter(({wasKilled}) => wasKilled).length} of them killed`,
      rollouts: `${records.length} completed, ${failures.length} failed attempts on the way`,
      ...calls.figures,
    },
  };
}

/** The identity of a record, as text. */
export function identityOf({_ng_task_index: task, _ng_rollout_index: rollout}) {
  return `${task}:${rollout}`;
}

async function readWanted(scene) {
  const text = await readFile(scene.file('out_materialized_inputs.jsonl'), 'utf8');
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [identityOf(JSON.parse(line)), JSON.parse(line)]),
  );
}

function checkIdentities(records, wanted, rows) {
  const problems = [];
  const seen = new Set();
  for (const record of records) {
    const id = identityOf(record);
    if (seen.has(id)) problems.push(`${id} is in the output twice`);
    seen.add(id);
    const row = wanted.get(id);
    if (row === undefined) problems.push(`${id} was never asked for`);
    else if (record.question !== row.question || record.id !== row.id)
      problems.push(`${id} is of another row`);
  }
  if (wanted.size !== rows) problems.push(`${wanted.size} rollouts are materialised, not ${rows}`);
  for (const id of wanted.keys()) if (!seen.has(id)) problems.push(`${id} is missing`);
  return problems;
}

/** The simulator's answers depend on the request alone: without faults and kills the same rewards came out. */
async function readTruth(scene, problems) {
  const run = scene.collect('calm', {isRough: false});
  const {exitCode, stderr} = await run.ended;
  if (exitCode !== 0) problems.push(`without faults and kills it ended with ${exitCode}: ${stderr}`);
  const records = await readAppended(scene.file('calm.jsonl')).next(problems);
  return new Map(records.map((record) => [identityOf(record), record.reward]));
}

function checkRewards(records, truth) {
  return records.flatMap((record) => {
    const {reward, response, judge_evaluations: evaluations} = record;
    const id = identityOf(record);
    if (response?.status !== 'completed') return [`${id} has a record without an answer of the model`];
    if (typeof evaluations?.[0]?.verdict_label !== 'string') return [`${id} has a record without a verdict`];
    if (reward !== truth.get(id)) return [`${id} has the reward ${reward}, not ${truth.get(id)}`];
    return [];
  });
}

/** Once everything is done, the command has nothing to do and calls nobody. */
async function checkNothingIsLeft(scene) {
  const before = await scene.calls();
  const {exitCode, stderr} = await scene.collect('out', {isRough: true}).ended;
  const sent = (await scene.calls()).length - before.length;
  return exitCode === 0 && sent === 0
    ? []
    : [`run once more, it ended with ${exitCode} and ${sent} calls: ${stderr}`];
}
