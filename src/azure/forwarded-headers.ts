import type {ReplyHeaders} from './reply-headers.ts';

const named: ReadonlySet<string> = new Set([
  'apim-request-id',
  'azure-openai-deployment-utilization',
  'azureml-model-session',
  'retry-after',
  'retry-after-ms',
  'x-ms-client-request-id',
  'x-ms-deployment-name',
  'x-ms-region',
  'x-ms-request-id',
  'x-ms-retry-after-ms',
  'x-ms-served-model',
  'x-ms-spillover-error',
  'x-ms-spillover-from-deployment',
  'x-request-id',
  'x-rollcall-simulated',
  'x-should-retry',
]);
const prefixes = ['openai-', 'x-ratelimit-'];

/**
 * The headers of a reply that a door's client may use: ids, rate limits, where and by what it was answered
 * (azure-openai.md §4.5). Everything else belongs to the connection, to the service or to nobody.
 */
export function forwardedHeaders(headers: ReplyHeaders): Readonly<Record<string, string>> {
  const forwarded: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || !isForwarded(name)) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    // What a server may receive it may not always send.
    if (/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(text)) forwarded[name] = text;
  }
  return forwarded;
}

function isForwarded(name: string): boolean {
  return named.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
