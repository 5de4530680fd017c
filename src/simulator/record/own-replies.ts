import type {Incoming} from '../request-handler.ts';
import {azureError, resourceNotFound, tooLarge} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';

/** What a recorder says instead of passing a request on: it is none that it can pass, or `failure` keeps it from recording. */
export function refuseToRecord(
  {path, body}: Pick<Incoming, 'path' | 'body'>,
  failure: string | undefined,
): WholeReply | undefined {
  if (!path.startsWith('/')) return resourceNotFound();
  if (body === undefined) return tooLarge();
  if (failure === undefined) return undefined;
  return azureError(
    507,
    `The recorder cannot write its records (${failure}), so it sends nothing any more. Make room and start it again.`,
    {code: 'RecordingFailed'},
  );
}

/** What a recorder says where the real resource cannot be reached. */
export function unreachable(origin: string, error: Error): WholeReply {
  return azureError(502, `The recorder cannot reach ${origin}: ${errorCode(error)}`, {
    code: 'UpstreamUnreachable',
  });
}

/** The code of a system's error, or else its message. */
export function errorCode(error: unknown): string {
  const {code, message} = error as Partial<NodeJS.ErrnoException>;
  return code ?? message ?? String(error);
}
