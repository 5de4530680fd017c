import type {AgentPlan, LocalAgentPlan} from '../../app/plan-agents.ts';
import {validate as check, type ValidateReport} from '../../app/validate.ts';
import {exitCodes, RollcallError} from '../../core/errors.ts';
import {formatCounted} from '../../report/format-quantity.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {readRunFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';
import {renderTable} from '../render-table.ts';

/** `rollcall validate`: says what is wrong (exit code 2), or what a run would do. */
export async function validate({flags, overrides}: Invocation, io: Io): Promise<number> {
  const wanted = readRunFlags(flags);
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: wanted.verbose, writeLine});
  try {
    const report = await check({...wanted, overrides}, environment);
    for (const line of describe(report)) writeLine(line);
    if (wanted.json) io.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return exitCodes.ok;
  } catch (error) {
    const {redact} = environment.redactor;
    const {text, exitCode} = renderError(error, redact);
    io.stderr.write(text);
    if (wanted.json && error instanceof RollcallError) {
      io.stdout.write(`${redact(JSON.stringify(refusalToJson(error)))}\n`);
    }
    return exitCode;
  }
}

function describe({plans, config, gateway, survey}: ValidateReport): readonly string[] {
  const agents = plans.map((plan) => `  agent ${plan.name}: ${describeAgent(plan, config)}`);
  const rows = survey === undefined ? [] : [`  input: ${describeRows(survey)}`];
  return [
    'The configuration can be run. Nothing was sent.',
    ...agents,
    ...describeManifests(gateway),
    ...rows,
  ];
}

function describeManifests(gateway: ValidateReport['gateway']): readonly string[] {
  if (gateway === undefined) return [];
  const rows = gateway.resources.map(({kind, name, status, detail}) => [kind, name, status, detail]);
  return renderTable(['KIND', 'NAME', 'STATUS', ''], rows).map((line) => `  ${line}`);
}

function describeAgent(plan: AgentPlan, {models}: ValidateReport['config']): string {
  if (plan.kind === 'remote') return `runs elsewhere, at ${plan.url}`;
  const deployment = models.get(plan.modelName)?.openaiModel;
  const asks = `asks ${plan.modelName}${deployment === undefined ? '' : ` (deployment ${deployment})`}`;
  const judge = judgeOf(plan);
  return `${asks}, ${judge === undefined ? 'not judged' : `judged by ${judge}`}`;
}

/** A judge's instance, or where it runs. */
function judgeOf({scoring}: LocalAgentPlan): string | undefined {
  if (scoring.kind === 'nobody') return undefined;
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

function refusalToJson({code, message, hint, problems}: RollcallError): unknown {
  return {valid: false, code, message, hint: hint ?? null, problems};
}

function toJson({plans, gateway, survey}: ValidateReport): unknown {
  return {
    valid: true,
    agents: plans.map(agentToJson),
    ...(gateway === undefined ? {} : {manifests: gateway.resources}),
    ...(survey === undefined ? {} : {rows: survey.rows, tasks: survey.tasks, rollouts: survey.rollouts}),
  };
}
