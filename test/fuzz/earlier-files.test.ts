import {writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {it} from 'vitest';
import {itemsOf} from '../../src/core/batches.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {spendingInFailure, spendingInRecord} from '../../src/core/spending-in-record.ts';
import {readMaterialized} from '../../src/dataset/read-materialized.ts';
import {renderAggregateMetrics} from '../../src/metrics/aggregate-metrics.ts';
import {createMetricsFold} from '../../src/metrics/metrics-fold.ts';
import {factsOfRecord} from '../../src/metrics/rollout-facts.ts';
import {createRunSummary} from '../../src/metrics/run-summary.ts';
import {encodeRollout} from '../../src/store/encode-record.ts';
import {readJournal} from '../../src/store/journal.ts';
import {fingerprintDifferences, readManifest, writeManifest} from '../../src/store/manifest.ts';
import {outputPaths} from '../../src/store/output-paths.ts';
import {owedRollouts} from '../../src/store/owed-rollouts.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {completedOutcome} from '../store/outcomes.ts';
import {anyJson, cases, expectNoBug, fuzzTimeoutMs, garbled, mutated} from './cases.ts';

const identity = {agent_ref: {name: 'a'}, _ng_task_index: 1, _ng_rollout_index: 0};
const record: JsonObject = {
  question: 'q',
  responses_create_params: {input: 'x'},
  response: {
    output: [],
    usage: {input_tokens: 1, output_tokens: 2, output_tokens_details: {reasoning_tokens: 1}},
  },
  reward: 0.5,
  judge_evaluations: [{response: {usage: {}}, verdict_label: null}],
  ...identity,
  _rollcall: {attempt: 1, calls: 1, cost_usd: 0.1, judge_cost_usd: 0.05, hedged: [{deployment: 'a'}]},
};
const failure: JsonObject = {
  ...identity,
  _ng_attempt_index: 1,
  _ng_failure_class: 'judge_failed',
  _ng_failure_terminal: false,
  _ng_failure: {code: 'ERR_JUDGE_CALL', message: 'm', hint: null},
  _rollcall: {attempt: 2, input_tokens: 3, output_tokens: 4},
};
const manifest: JsonObject = {
  rollcall_manifest: 1,
  rows: 3,
  fingerprint: {input_sha256: 'x', agents: {a: {model: {deployment: 'd'}}}, 'a.b': [1, {c: 2}]},
  runs: [{started_at: 'x', ended_at: null, exit_code: 3, deployments: [{changes: [{after_s: 1}]}]}],
};

function linesLike(sample: JsonObject): fc.Arbitrary<string> {
  const text = fc
    .oneof(mutated(sample), fc.constant<JsonValue>(sample), anyJson)
    .map((value) => JSON.stringify(value));
  const line = fc.oneof({weight: 4, arbitrary: text}, {weight: 1, arbitrary: text.chain(garbled)});
  const ends = fc.constantFrom('', '\n', '\u0000\u0000\u0000', '\r\n\n');
  return fc.tuple(fc.array(line, {maxLength: 3}), ends).map(([lines, end]) => lines.join('\n') + end);
}

it(
  'whatever an earlier run left behind, it is gone on with or refused',
  async () => {
    await using folder = await createTempFolder();
    const paths = outputPaths(folder.file('out.jsonl'));
    const files = fc.record({
      output: linesLike(record),
      failures: linesLike(failure),
      rows: linesLike({prompt: 'p', ...identity}),
    });
    await fc.assert(
      fc.asyncProperty(files, async ({output, failures, rows}) => {
        await writeFile(paths.output, output);
        await writeFile(paths.failures, failures);
        await writeFile(paths.materialized, rows);
        await expectNoBug(async () => {
          const metrics = createMetricsFold();
          const summary = createRunSummary();
          const journal = await readJournal(paths, {
            onRecord(each) {
              metrics.add(factsOfRecord(each));
              summary.addEarlier(factsOfRecord(each));
              spendingInRecord(each);
            },
            onFailure: spendingInFailure,
          });
          const options = {maxAttempts: 3, retryFailed: false};
          for await (const rollout of owedRollouts(readMaterialized(paths.materialized), journal, options))
            encodeRollout(completedOutcome(rollout));
          for await (const each of itemsOf(readMaterialized(paths.materialized)))
            metrics.expect(each.agentName, each.id.taskIndex);
          Array.from(renderAggregateMetrics(metrics));
          summary.finish({wallMs: 1, deployments: []});
        });
      }),
      cases(150),
    );
  },
  fuzzTimeoutMs,
);

it(
  'whatever a manifest holds, it is read or refused, and can be written again',
  async () => {
    await using folder = await createTempFolder();
    const path = folder.file('out_manifest.json');
    const text = fc.oneof(mutated(manifest), anyJson).map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, text.chain(garbled)), async (content) => {
        await writeFile(path, content);
        await expectNoBug(async () => {
          const read = await readManifest(path);
          if (read === undefined) return;
          fingerprintDifferences(read.fingerprint, manifest['fingerprint'] as JsonObject);
          fingerprintDifferences(manifest['fingerprint'] as JsonObject, read.fingerprint);
          await writeManifest(folder.file('again.json'), read, (same) => same);
        });
      }),
      cases(100),
    );
  },
  fuzzTimeoutMs,
);
