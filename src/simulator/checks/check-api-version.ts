import {badRequest, resourceNotFound} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {undatedApiVersions, versionHas} from './api-version.ts';
import type {Route} from './route.ts';

/** Layer "api-version": refuses a missing, unknown or too old one. `asked` is the query's value. */
export function refuseApiVersion(
  asked: string | undefined,
  {surface, operation}: Route,
  served: ReadonlySet<string>,
): WholeReply | undefined {
  if (surface === 'v1') {
    return asked === undefined || undatedApiVersions.has(asked)
      ? undefined
      : badRequest('API version not supported');
  }
  // A dated path without a version matches no route of the gateway.
  if (asked === undefined || asked === '') return resourceNotFound();
  if (!served.has(asked)) return badRequest('API version not supported');
  if (operation === 'responses' && !versionHas(asked, {preview: '2025-03-01-preview'})) {
    return badRequest(
      'Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later',
    );
  }
  return undefined;
}
