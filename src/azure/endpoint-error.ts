import {RollcallError} from '../core/errors.ts';

/** A base URL, deployment name or API version that cannot be used as it was given. */
export function endpointError(message: string, {hint}: {readonly hint: string}): RollcallError {
  return new RollcallError(message, {code: 'ERR_ENDPOINT', fault: 'config', hint});
}
