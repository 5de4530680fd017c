import {verify as check, type VerifyRequest} from '../../app/verify.ts';
import {answerCommand} from '../answer-command.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderVerification, verificationExitCode, verificationToJson} from '../render-verification.ts';

/** `rollcall verify OUT`: says what an output's files prove, and what is missing or wrong. */
export function verify(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {verdict: 'refused'}, async (environment) => {
    const request = readRequest(invocation);
    const verification = await check(request, environment);
    return {
      lines: renderVerification(request.output, verification),
      json: verificationToJson(request.output, verification),
      exitCode: verificationExitCode(verification),
    };
  });
}

function readRequest({flags, paths}: Invocation): VerifyRequest {
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
