import {join, parse, resolve} from 'node:path';
import {type ReportRequest, type ReportResult, reportOutput} from '../../app/report-output.ts';
import {exitCodes} from '../../core/errors.ts';
import type {JsonObject} from '../../core/json.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {matchText} from '../../report/html/render-comparison.ts';
import {answerCommand} from '../answer-command.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';

const mebibyte = 1024 ** 2;
const defaultMebibytes = 48;
const defaultCharacters = 4000;

/** `rollcall report OUT`: one HTML file that shows what an output holds. */
export function report(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {report: null}, async (environment) => {
    const request = readRequest(invocation, io.cwd);
    const result = await reportOutput(request, environment);
    return {lines: describe(request, result), json: toJson(request, result), exitCode: exitCodes.ok};
  });
}

function readRequest({flags, paths}: Invocation, cwd: string): ReportRequest {
  const reader = new FlagReader(flags);
  const [output = '', ...others] = paths;
  const target = reader.text('output');
  const compare = reader.text('compare');
  reader.refuseIf(
    others.length > 0,
    'report takes one output; a second one to compare it with goes behind --compare',
  );
  reader.refuseIf([output, compare].includes('-'), 'rollouts are read twice: give a file');
  reader.refuseIf(
    target === '-' && reader.isSet('json'),
    'standard output takes the page or --json, not both',
  );
  const range = {whole: true, min: 1} as const;
  const mebibytes = reader.number('maxSize', {...range, max: 1024}) ?? defaultMebibytes;
  const mostCharacters = reader.number('maxText', range) ?? defaultCharacters;
  reader.finish();
  const {dir, name} = parse(output);
  return {
    output,
    compare,
    target: target === '-' ? undefined : resolve(cwd, target ?? join(dir, `${name}_report.html`)),
    mostBytes: mebibytes * mebibyte,
    mostCharacters,
  };
}

function describe({target}: ReportRequest, {run, comparison, content}: ReportResult): readonly string[] {
  const {done, failed, missing, notices} = run;
  const lines = notices.map((notice) => `Warning: ${notice}`);
  lines.push(
    `${formatCounted(done, 'rollout')} done, ${formatCount(failed)} failed, ${formatCount(missing)} missing.`,
  );
  if (comparison !== undefined) lines.push(matchText(comparison.match));
  if (content.rowsWithTexts < content.rows)
    lines.push(
      `The page has the texts of ${formatCount(content.rowsWithTexts)} of ${formatCount(content.rows)}, the failed and the worst first: --max-size gives it more room.`,
    );
  if (target !== undefined) lines.push(`  report    ${target} (${formatCount(content.bytes / 1024)} KiB)`);
  return lines;
}

function toJson({target}: ReportRequest, {run, comparison, content}: ReportResult): JsonObject {
  const {done, failed, missing, wanted, reward, notices} = run;
  return {
    report: target ?? null,
    bytes: content.bytes,
    rollouts: done,
    failed,
    missing,
    expected: wanted ?? null,
    mean_reward: reward?.mean ?? null,
    mean_reward_interval_95: reward?.interval95 ?? null,
    pass_at_k: Object.fromEntries(run.passAtK.map(({k, estimate}) => [String(k), estimate.mean])),
    with_texts: content.rowsWithTexts,
    ...(comparison === undefined ? {} : {comparison: comparisonToJson(comparison)}),
    ...(notices.length === 0 ? {} : {warnings: notices}),
  };
}

function comparisonToJson({match, ...pairs}: NonNullable<ReportResult['comparison']>): JsonObject {
  return {
    tasks: match.same,
    same_number_other_input: match.otherInput,
    only_here: match.onlyHere,
    only_there: match.onlyThere,
    reward: pairToJson(pairs.reward),
    cost_usd: pairToJson(pairs.costUsd),
    model_ms: pairToJson(pairs.milliseconds),
    output_tokens: pairToJson(pairs.outputTokens),
  };
}

function pairToJson(pair: NonNullable<ReportResult['comparison']>['reward']): JsonObject | null {
  if (pair === undefined) return null;
  const {tasks, mean, otherMean, difference, higher, lower, equal} = pair;
  return {
    tasks,
    mean,
    other_mean: otherMean,
    difference: difference.mean,
    difference_interval_95: difference.interval95 ?? null,
    higher,
    lower,
    equal,
  };
}
