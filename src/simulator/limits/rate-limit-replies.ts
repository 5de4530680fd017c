import type {ModelOperation} from '../checks/route.ts';
import type {RateLimitSettings} from '../settings/simulator-settings.ts';
import {azureError} from '../wire/azure-error.ts';
import type {HeaderList, WholeReply} from '../wire/reply.ts';
import type {ProvisionedRejection} from './provisioned-limiter.ts';
import {type Admission, type Rejection, requestWindowMs, tokenWindowMs} from './rate-limiter.ts';

export interface RejectedCall {
  readonly operation: ModelOperation;
  readonly surface: 'dated' | 'v1';
  readonly apiVersion: string;
  readonly model: string;
  readonly deployment: string;
  readonly region: string;
}

const operationNames: Readonly<Record<ModelOperation, string>> = {
  chat: 'ChatCompletions_Create',
  responses: 'Responses_Create',
  embeddings: 'Embeddings_Create',
};

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

/** How much of provisioned throughput is in use, on requests that were let in. */
export function utilizationHeader(utilization: number | undefined): HeaderList {
  if (utilization === undefined) return [];
  return ['azure-openai-deployment-utilization', `${(utilization * 100).toFixed(1)}%`];
}

/** The 429 of provisioned throughput; its wait is often far below a second. The wording is ours. */
export function overUtilized({retryAfterMs}: ProvisionedRejection, call: RejectedCall): WholeReply {
  const ms = Math.max(1, Math.ceil(retryAfterMs));
  const message = `The utilization of the provisioned deployment ${call.deployment} is above 100%. Please retry after ${ms} milliseconds.`;
  const reply = azureError(429, message, {code: '429'});
  return {...reply, headers: ['retry-after', String(Math.ceil(ms / 1_000)), 'retry-after-ms', String(ms)]};
}

/** The 429 with its waits; it carries no `x-ratelimit-*`, as measured. */
export function tooManyRequests({exceeded, retryAfterMs}: Rejection, call: RejectedCall): WholeReply {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const isOfDeployment = call.surface === 'dated' && call.operation !== 'responses';
  const message = isOfDeployment
    ? quotaMessage(exceeded, call, seconds)
    : tierMessage(exceeded, call, seconds);
  const code = isOfDeployment ? '429' : 'too_many_requests';
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

function quotaMessage(
  exceeded: Rejection['exceeded'],
  {operation, apiVersion}: RejectedCall,
  seconds: number,
): string {
  return `Requests to the ${operationNames[operation]} Operation under Azure OpenAI API version ${apiVersion} have exceeded ${limitName(exceeded)} rate limit of your current OpenAI S0 pricing tier. Please retry after ${seconds} seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.`;
}

function tierMessage(exceeded: Rejection['exceeded'], call: RejectedCall, seconds: number): string {
  return `Your requests to ${call.deployment} for ${call.model} in ${call.region} have exceeded the ${limitName(exceeded)} rate limit for your current AIServices S0 pricing tier. This request was for ${operationNames[call.operation]} under Azure OpenAI API version ${call.apiVersion}. Please retry after ${seconds} seconds.`;
}

function limitName(exceeded: Rejection['exceeded']): string {
  return exceeded === 'tokens' ? 'token' : 'call';
}
