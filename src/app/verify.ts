import {resolve} from 'node:path';
import {CancellationSource} from '../core/cancellation.ts';
import {asNumber} from '../core/json.ts';
import {digestInput} from '../dataset/digest-input.ts';
import {openInput} from '../runtime/input-source.ts';
import {refuseLockedOutput} from '../store/lock-output.ts';
import {type Manifest, readManifest} from '../store/manifest.ts';
import {outputPaths} from '../store/output-paths.ts';
import {type Verification, verifyOutput} from '../store/verify/verify-output.ts';
import type {AppEnvironment} from './environment.ts';
import {inputPath} from './plan-input.ts';

export {describeFinding} from '../store/verify/findings.ts';
export type {Verification} from '../store/verify/verify-output.ts';

export interface VerifyRequest {
  /** The rollouts' path. */
  readonly output: string;
  /** An input to compare with what the output was made from. */
  readonly input: string | undefined;
}

/**
 * Proves an output from its own files, and from its input if one is given. Needs no configuration, sends nothing and changes nothing.
 * Fails with `ERR_OUTPUT_MISSING` where there is none, and with `ERR_OUTPUT_LOCKED` while a run writes to it.
 */
export async function verify(request: VerifyRequest, environment: AppEnvironment): Promise<Verification> {
  const paths = outputPaths(resolve(environment.cwd, request.output));
  await refuseLockedOutput(paths, environment.clock);
  const manifest = await readManifest(paths.manifest);
  const inputSha256 =
    request.input === undefined ? undefined : await digestOf(request.input, manifest, environment);
  const verification = await verifyOutput(paths, {manifest, inputSha256});
  // What a run has begun to write in the meantime would look like damage.
  await refuseLockedOutput(paths, environment.clock);
  return verification;
}

async function digestOf(
  given: string,
  manifest: Manifest | undefined,
  {cwd, stdin}: AppEnvironment,
): Promise<string> {
  const cancellation = new CancellationSource();
  await using input = await openInput(inputPath(given, cwd), {stdin, spoolFolder: cwd, cancellation});
  return await digestInput(input, asNumber(manifest?.fingerprint['limit']) ?? 0);
}
