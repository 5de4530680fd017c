import {validate as check, type ValidateReport} from '../../app/validate.ts';
import {exitCodes, RollcallError} from '../../core/errors.ts';
import {formatCounted} from '../../report/format-quantity.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {readInputFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';

/** `rollcall validate`: says what is wrong (exit code 2), or what a run would do. */
export async function validate({flags, overrides}: Invocation, io: Io): Promise<number> {
  const wanted = readInputFlags(flags);
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: wanted.verbose, writeLine});
  try {
    const report = await check({...wanted, overrides}, environment);
    for (const line of describe(report)) writeLine(line);
    if (flags['json'] === true) io.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return exitCodes.ok;
  } catch (error) {
    const {redact} = environment.redactor;
    const {text, exitCode} = renderError(error, redact);
    io.stderr.write(text);
    if (flags['json'] === true && error instanceof RollcallError) {
      io.stdout.write(`${redact(JSON.stringify(refusalToJson(error)))}\n`);
    }
    return exitCode;
  }
}

function describe({plans, config, survey}: ValidateReport): readonly string[] {
  const agents = plans.map(({name, modelName, judgeName}) => {
    const deployment = config.models.get(modelName)?.openaiModel;
    const asks = `asks ${modelName}${deployment === undefined ? '' : ` (deployment ${deployment})`}`;
    return `  agent ${name}: ${asks}, ${judgeName === undefined ? 'not judged' : `judged by ${judgeName}`}`;
  });
  const rows = survey === undefined ? [] : [`  input: ${describeRows(survey)}`];
  return ['The configuration can be run. Nothing was sent.', ...agents, ...rows];
}

function describeRows({rows, tasks, rollouts}: NonNullable<ValidateReport['survey']>): string {
  return [formatCounted(rows, 'row'), formatCounted(tasks, 'task'), formatCounted(rollouts, 'rollout')].join(
    ', ',
  );
}

function refusalToJson({code, message, hint, problems}: RollcallError): unknown {
  return {valid: false, code, message, hint: hint ?? null, problems};
}

function toJson({plans, survey}: ValidateReport): unknown {
  return {
    valid: true,
    agents: plans.map(({name, modelName, judgeName}) => ({name, model: modelName, judge: judgeName ?? null})),
    ...(survey === undefined ? {} : {rows: survey.rows, tasks: survey.tasks, rollouts: survey.rollouts}),
  };
}
