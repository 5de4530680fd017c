import type {AgentPlan} from '../../app/plan-agents.ts';
import {validate as check, type ValidateReport} from '../../app/validate.ts';
import {exitCodes} from '../../core/errors.ts';
import {formatCounted} from '../../report/format-quantity.ts';
import {answerCommand} from '../answer-command.ts';
import {readRunFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderResources} from '../render-resources.ts';

const indent = '  ';

/** `rollcall validate`: says what is wrong (exit code 2), or what a run would do. */
export function validate(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {valid: false}, async (environment) => {
    const {flags, overrides} = invocation;
    const report = await check({...readRunFlags(flags), overrides}, environment);
    // What reads a pipe wants a line for each thing, however long.
    const columns = io.terminal ? io.columns() : Number.POSITIVE_INFINITY;
    return {lines: describe(report, columns), json: toJson(report), exitCode: exitCodes.ok};
  });
}

function describe({plans, config, gateway, survey}: ValidateReport, columns: number): readonly string[] {
  const agents = plans.map((plan) => `  agent ${plan.name}: ${describeAgent(plan, config)}`);
  const rows = survey === undefined ? [] : [`  input: ${describeRows(survey)}`];
  return [
    'The configuration can be run. Nothing was sent.',
    ...agents,
    ...describeManifests(gateway, columns),
    ...rows,
  ];
}

function describeManifests(gateway: ValidateReport['gateway'], columns: number): readonly string[] {
  if (gateway === undefined) return [];
  return renderResources(gateway.resources, columns - indent.length).map((line) => indent + line);
}

function describeAgent(plan: AgentPlan, {models}: ValidateReport['config']): string {
  const judge = judgeOf(plan);
  if (plan.kind === 'remote') {
    const place = `runs elsewhere, at ${plan.url}`;
    if (plan.scoring === undefined) return place;
    return judge === undefined ? `${place}, its rewards left out` : `${place}, judged by ${judge}`;
  }
  const deployment = models.get(plan.modelName)?.openaiModel;
  const asks = `asks ${plan.modelName}${deployment === undefined ? '' : ` (deployment ${deployment})`}`;
  return `${asks}, ${judge === undefined ? 'not judged' : `judged by ${judge}`}`;
}

/** A judge's instance, or where it runs. */
function judgeOf({scoring}: AgentPlan): string | undefined {
  if (scoring === undefined || scoring.kind === 'nobody') return undefined;
  return scoring.kind === 'judge' ? scoring.name : scoring.url;
}

function agentToJson(plan: AgentPlan): unknown {
  if (plan.kind === 'remote') return {name: plan.name, url: plan.url};
  return {name: plan.name, model: plan.modelName, judge: judgeOf(plan) ?? null};
}

function describeRows({rows, tasks, rollouts}: NonNullable<ValidateReport['survey']>): string {
  return [formatCounted(rows, 'row'), formatCounted(tasks, 'task'), formatCounted(rollouts, 'rollout')].join(
    ', ',
  );
}

function toJson({plans, config, gateway, survey}: ValidateReport): unknown {
  const warnings = [...config.warnings, ...(gateway?.warnings ?? [])];
  return {
    valid: true,
    agents: plans.map(agentToJson),
    ...(gateway === undefined ? {} : {manifests: gateway.resources}),
    ...(warnings.length === 0 ? {} : {warnings}),
    ...(survey === undefined ? {} : {rows: survey.rows, tasks: survey.tasks, rollouts: survey.rollouts}),
  };
}
