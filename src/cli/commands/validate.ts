import {validate as check, type ValidateReport} from '../../app/validate.ts';
import {exitCodes} from '../../core/errors.ts';
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
    const {text, exitCode} = renderError(error, environment.redactor.redact);
    io.stderr.write(text);
    return exitCode;
  }
}

function describe({plans, config, survey}: ValidateReport): readonly string[] {
  const agents = plans.map(({name, modelName, judgeName}) => {
    const deployment = config.models.get(modelName)?.openaiModel;
    const asks = `asks ${modelName}${deployment === undefined ? '' : ` (deployment ${deployment})`}`;
    return `  agent ${name}: ${asks}, ${judgeName === undefined ? 'not judged' : `judged by ${judgeName}`}`;
  });
  const rows =
    survey === undefined
      ? []
      : [
          `  input: ${String(survey.rows)} rows, ${String(survey.tasks)} tasks, ${String(survey.rollouts)} rollouts`,
        ];
  return ['The configuration can be run. Nothing was sent.', ...agents, ...rows];
}

function toJson({plans, survey}: ValidateReport): unknown {
  return {
    valid: true,
    agents: plans.map(({name, modelName, judgeName}) => ({name, model: modelName, judge: judgeName ?? null})),
    ...(survey === undefined ? {} : {rows: survey.rows, tasks: survey.tasks, rollouts: survey.rollouts}),
  };
}
