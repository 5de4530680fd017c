import {resolve} from 'node:path';
import {type ProfileReport, type ProfileRequest, profileRollouts} from '../../app/profile-rollouts.ts';
import {exitCodes, RollcallError} from '../../core/errors.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {answerCommand} from '../answer-command.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {describeMissing} from '../render-missing.ts';

/** `rollcall profile`: the rewards of each task beside its row. Exit code 3 when rollouts are missing. */
export function profile(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {complete: false}, async (environment) => {
    const report = await profileRollouts(readRequest(invocation, io.cwd), environment);
    const exitCode = report.written === undefined ? exitCodes.failedRollouts : exitCodes.ok;
    return {lines: describe(report), json: toJson(report), exitCode};
  });
}

function readRequest({flags, paths}: Invocation, cwd: string): ProfileRequest {
  const reader = new FlagReader(flags);
  const inputs = reader.text('inputs');
  reader.finish();
  return {
    rollouts: resolve(cwd, onlyOf(paths)),
    inputs: inputs === undefined ? undefined : resolve(cwd, inputs),
    allowPartial: reader.isSet('allowPartial'),
  };
}

function onlyOf(paths: readonly string[]): string {
  const [path, ...others] = paths;
  if (path !== undefined && others.length === 0) return path;
  throw new RollcallError('one rollouts file is profiled at a time', {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'rollcall aggregate puts several together.',
  });
}

function describe({rollouts, missing, written, notices}: ProfileReport): readonly string[] {
  const lines = notices.map((notice) => `Warning: ${notice}`);
  lines.push(`${formatCounted(rollouts, 'rollout')}; ${formatCount(missing.count)} missing.`);
  lines.push(...describeMissing(missing, written !== undefined));
  if (written === undefined) return lines;
  const {complete, partial, missing: without} = written;
  lines.push(
    `  tasks     ${formatCount(complete)} complete, ${formatCount(partial)} in part, ${formatCount(without)} without any`,
    `  profile   ${written.profile}`,
    `  agents    ${written.agentMetrics}`,
  );
  return lines;
}

function toJson({rollouts, missing, written, notices}: ProfileReport): unknown {
  return {
    complete: missing.count === 0,
    rollouts,
    missing: missing.count,
    first_missing: missing.first,
    ...(written === undefined
      ? {}
      : {
          tasks: {complete: written.complete, partial: written.partial, missing: written.missing},
          reward_profiling: written.profile,
          agent_metrics: written.agentMetrics,
        }),
    ...(notices.length === 0 ? {} : {warnings: notices}),
  };
}
