import type {Operation} from '../checks/route.ts';
import type {RateLimitSettings} from '../settings/simulator-settings.ts';
import {azureError} from '../wire/azure-error.ts';
import type {HeaderList, WholeReply} from '../wire/reply.ts';
import {type Admission, type Rejection, requestWindowMs, tokenWindowMs} from './rate-limiter.ts';

export interface RejectedCall {
  readonly operation: Operation;
  readonly surface: 'dated' | 'v1';
  readonly apiVersion: string;
  readonly model: string;
  readonly deployment: string;
  readonly region: string;
}

/** The `x-ratelimit-*` headers of a request that was let in; none for a limit that is off. */
export function rateLimitHeaders(
  {remainingRequests, remainingTokens}: Admission,
  {requestsPerMinute, tokensPerMinute}: RateLimitSettings,
): HeaderList {
  const headers: string[] = [];
  if (requestsPerMinute !== undefined && remainingRequests !== undefined) {
    headers.push(
      'x-ratelimit-limit-requests',
      String(requestsPerMinute),
      'x-ratelimit-remaining-requests',
      String(remainingRequests),
      'x-ratelimit-reset-requests',
      String(requestWindowMs / 1_000),
    );
  }
  if (tokensPerMinute !== undefined && remainingTokens !== undefined) {
    headers.push(
      'x-ratelimit-limit-tokens',
      String(tokensPerMinute),
      'x-ratelimit-remaining-tokens',
      String(remainingTokens),
      'x-ratelimit-reset-tokens',
      String(tokenWindowMs / 1_000),
    );
  }
  return headers;
}

/** The 429 with its waits; it carries no `x-ratelimit-*`, as measured. */
export function tooManyRequests({exceeded, retryAfterMs}: Rejection, call: RejectedCall): WholeReply {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const message =
    call.surface === 'dated' && call.operation === 'chat'
      ? quotaMessage(exceeded, call, seconds)
      : tierMessage(exceeded, call, seconds);
  const code = call.surface === 'dated' && call.operation === 'chat' ? '429' : 'too_many_requests';
  const reply = azureError(429, message, {
    code,
    ...(code === '429' ? {} : {type: 'too_many_requests', param: null}),
  });
  return {
    ...reply,
    headers: [
      'retry-after',
      String(seconds),
      'retry-after-ms',
      String(Math.ceil(retryAfterMs)),
      'policy-id',
      exceeded === 'tokens' ? 'DeploymentRatelimit-Token' : 'DeploymentRatelimit-Call',
    ],
  };
}

function quotaMessage(exceeded: Rejection['exceeded'], {apiVersion}: RejectedCall, seconds: number): string {
  return `Requests to the ChatCompletions_Create Operation under Azure OpenAI API version ${apiVersion} have exceeded ${limitName(exceeded)} rate limit of your current OpenAI S0 pricing tier. Please retry after ${seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.`;
}

function tierMessage(exceeded: Rejection['exceeded'], call: RejectedCall, seconds: number): string {
  const name = call.operation === 'chat' ? 'ChatCompletions_Create' : 'Responses_Create';
  return `Your requests to ${call.deployment} for ${call.model} in ${call.region} have exceeded the ${limitName(exceeded)} rate limit for your current AIServices S0 pricing tier. This request was for ${name} under Azure OpenAI API version ${call.apiVersion}. Please retry after ${seconds} seconds.`;
}

function limitName(exceeded: Rejection['exceeded']): string {
  return exceeded === 'tokens' ? 'token' : 'call';
}
