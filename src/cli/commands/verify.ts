import {verify as check, type VerifyRequest} from '../../app/verify.ts';
import {RollcallError} from '../../core/errors.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';
import {renderVerification, verificationExitCode, verificationToJson} from '../render-verification.ts';

/** `rollcall verify OUT`: says what an output's files prove, and what is missing or wrong. */
export async function verify({flags, paths}: Invocation, io: Io): Promise<number> {
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: flags['verbose'] === true, writeLine});
  const isJson = flags['json'] === true;
  const answer = (value: unknown): void => {
    if (isJson) io.stdout.write(`${JSON.stringify(value)}\n`);
  };
  try {
    const request = readRequest(flags, paths);
    const verification = await check(request, environment);
    for (const line of renderVerification(request.output, verification)) writeLine(line);
    answer(verificationToJson(request.output, verification));
    return verificationExitCode(verification);
  } catch (error) {
    const {text, exitCode} = renderError(error);
    io.stderr.write(text);
    if (error instanceof RollcallError) {
      const {code, message, hint} = error;
      answer({verdict: 'refused', exit_code: exitCode, code, message, hint: hint ?? null});
    }
    return exitCode;
  }
}

function readRequest(flags: Invocation['flags'], paths: Invocation['paths']): VerifyRequest {
  const reader = new FlagReader(flags);
  const request = {output: paths[0] ?? '', input: reader.text('input')};
  reader.refuseIf(paths.length > 1, 'verify takes one output at a time');
  reader.refuseIf(
    request.output === '-',
    'standard output keeps nothing that could be verified: give a file',
  );
  reader.finish();
  return request;
}
