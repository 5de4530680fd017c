import type {CallEffect} from '../core/errors.ts';
import {asString} from '../core/json.ts';
import type {AzureErrorBody} from './error-body.ts';

/** What an error rule may look at. */
export interface HttpFailure {
  readonly status: number;
  readonly body: AzureErrorBody;
}

/** One row of the table: when it holds, and what the failure then is. */
export interface ErrorRule {
  readonly code: string;
  readonly effect: CallEffect;
  /** The name of the trouble; the service's own words follow it. */
  readonly title: string;
  readonly statuses: readonly number[] | 'any';
  /** Any of these as the body's `code` or its inner error's, exactly. */
  readonly codes?: readonly string[] | undefined;
  /** Or this in its message. A rule with neither holds for its statuses alone. */
  readonly message?: RegExp | undefined;
  readonly param?: RegExp | undefined;
  readonly throttled?: boolean | undefined;
  /** Tries that are worth their cost, the first included. */
  readonly mostTries?: number | undefined;
}

const modelErrors = [400, 404, 422];

// Read top to bottom: the first row that holds decides (azure-openai.md §4.2).
const rules: readonly ErrorRule[] = [
  // 400: outcomes, which are data and not failures of the run.
  {
    code: 'ERR_MODEL_CONTENT_FILTER',
    effect: 'rollout',
    title: 'The content filter refused the prompt',
    statuses: [400, 403, 422],
    codes: [
      'content_filter',
      'content_policy_violation',
      'invalid_prompt',
      'cyber_policy',
      'ResponsibleAIPolicyViolation',
    ],
    message: /content management policy|responsible ?ai ?policy/i,
  },
  {
    code: 'ERR_MODEL_CONTEXT_LENGTH',
    effect: 'rollout',
    title: 'The prompt is longer than the model can read',
    statuses: [400, 413, 422],
    codes: ['context_length_exceeded', 'string_above_max_length'],
    message: /maximum context length|context window|input tokens exceed/i,
  },
  {
    code: 'ERR_MODEL_OUTPUT_LIMIT',
    effect: 'rollout',
    title: 'The model reached its output limit before it said anything',
    statuses: [400],
    message: /could not finish the message because max_tokens or model output limit was reached/i,
  },
  {
    code: 'ERR_MODEL_SERVER',
    effect: 'retry',
    title: 'The model produced invalid content',
    statuses: [400],
    message: /model produced invalid content/i,
    // The prompt is likely to bring it about again.
    mostTries: 2,
  },
  // 400 and 404: what configuration says.
  {
    code: 'ERR_MODEL_API_VERSION',
    effect: 'run',
    title: 'API version not supported',
    statuses: [400, 404],
    message:
      /api[ -]version (is )?not supported|unsupported api[ -]version|enabled only for api[ -]?versions?|api-version.{0,60}(missing|required|invalid)|(missing|required).{0,60}api-version/i,
  },
  {
    code: 'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
    effect: 'run',
    title: 'Deployment not found',
    statuses: [400, 404],
    codes: ['DeploymentNotFound', 'model_not_found', 'unknown_model'],
    message: /deployment\b.{0,120}\b(does not exist|not found)|model\b.{0,120}\bdoes not exist/i,
  },
  {
    code: 'ERR_MODEL_OPERATION',
    effect: 'run',
    title: 'The deployment does not take this kind of call',
    statuses: [400, 404, 405],
    codes: ['OperationNotSupported'],
    message: /operation does not work with the specified model|only supported in v1\/responses/i,
  },
  {
    code: 'ERR_MODEL_FILTER_POLICY',
    effect: 'run',
    title: 'The content filter policy is not known to the resource',
    statuses: [400],
    codes: ['InvalidContentFilterPolicy'],
  },
  {
    code: 'ERR_MODEL_PARAMETER',
    effect: 'settings',
    title: 'A parameter was refused',
    statuses: modelErrors,
    codes: ['unsupported_parameter', 'unsupported_value'],
  },
  // 400: this conversation alone.
  {
    code: 'ERR_MODEL_CONVERSATION',
    effect: 'rollout',
    title: 'The conversation is not one that the model accepts',
    statuses: modelErrors,
    param: /^(messages|input)\b/,
  },
  {
    code: 'ERR_MODEL_CONVERSATION',
    effect: 'rollout',
    title: 'The conversation is not one that the model accepts',
    statuses: modelErrors,
    message: /role 'tool' must be a response|must be followed by tool messages|no tool (call|output) found/i,
  },
  {
    code: 'ERR_MODEL_NOT_FOUND',
    effect: 'rollout',
    title: 'The earlier response is not (or no longer) stored',
    statuses: modelErrors,
    codes: ['previous_response_not_found'],
    message: /response with id .{0,120} not found/i,
  },
  {code: 'ERR_MODEL_PARAMETER', effect: 'settings', title: 'A parameter was refused', statuses: [400]},
  // 401 and 403: who we are and where we come from.
  {
    code: 'ERR_MODEL_FORBIDDEN',
    effect: 'run',
    title: 'The signed-in identity lacks the role for this resource',
    statuses: [401, 403],
    message: /lacks the required data action|principal does not have access/i,
  },
  {
    code: 'ERR_MODEL_QUOTA_EXHAUSTED',
    effect: 'retry',
    title: 'The quota is used up',
    statuses: [403, 429],
    codes: ['insufficient_quota', 'quota_exceeded'],
    message:
      /out of (call volume|bandwidth) quota|token quota|quota (is )?exceeded|exceeded your current quota/i,
    throttled: true,
  },
  {code: 'ERR_MODEL_AUTH', effect: 'run', title: 'Invalid API key or endpoint', statuses: [401]},
  {
    code: 'ERR_MODEL_FORBIDDEN',
    effect: 'run',
    title: 'Access to the resource is refused',
    statuses: [403],
  },
  // 404 and their kin: where we knock.
  {
    code: 'ERR_MODEL_NOT_FOUND',
    effect: 'rollout',
    title: 'Something that the request names does not exist',
    statuses: [404],
    codes: ['invalid_request_error'],
  },
  {code: 'ERR_MODEL_RESOURCE_NOT_FOUND', effect: 'run', title: 'Resource not found', statuses: [404]},
  {
    code: 'ERR_MODEL_OPERATION',
    effect: 'run',
    title: 'The address does not take this kind of call',
    statuses: [405, 410, 415, 426, 501],
  },
  {
    code: 'ERR_MODEL_REDIRECT',
    effect: 'run',
    title: 'The address redirects elsewhere, and a key is not sent after a redirect',
    statuses: [300, 301, 302, 303, 307, 308],
  },
  {code: 'ERR_MODEL_HEADERS', effect: 'run', title: 'The request headers are too large', statuses: [431]},
  {
    code: 'ERR_MODEL_AUTH',
    effect: 'run',
    title: 'Invalid API key or endpoint: a proxy on the way wants a password',
    statuses: [407, 511],
  },
  {code: 'ERR_MODEL_CONVERSATION', effect: 'rollout', title: 'The request is too large', statuses: [413]},
  {
    code: 'ERR_MODEL_CONVERSATION',
    effect: 'rollout',
    title: 'The service could not process the request',
    statuses: [422],
  },
  // What may pass.
  {
    code: 'ERR_MODEL_RATE_LIMIT',
    effect: 'retry',
    title: 'The rate limit is exceeded',
    statuses: [424],
    message: /\b429\b|rate limit/i,
    throttled: true,
  },
  {
    code: 'ERR_MODEL_CONVERSATION',
    effect: 'rollout',
    title: 'Something that the request depends on failed',
    statuses: [423, 424],
  },
  {
    code: 'ERR_MODEL_OVERLOADED',
    effect: 'retry',
    title: 'The service has no capacity left',
    statuses: [429, 500, 502, 503, 504, 529],
    codes: ['NoCapacity', 'capacity_exceeded'],
    message: /experiencing high demand|no capacity|exceeded .{0,40}capacity/i,
    throttled: true,
  },
  {
    code: 'ERR_MODEL_RATE_LIMIT',
    effect: 'retry',
    title: 'The rate limit is exceeded',
    statuses: [429],
    throttled: true,
  },
  {code: 'ERR_MODEL_TIMEOUT', effect: 'retry', title: 'The service timed out', statuses: [408, 499]},
  {code: 'ERR_MODEL_SERVER', effect: 'retry', title: 'The service reports a conflict', statuses: [409, 425]},
  {
    code: 'ERR_MODEL_SERVER',
    effect: 'retry',
    title: 'A server on the way could not reach the model',
    statuses: [502, 503, 504],
  },
];

const serverRule: ErrorRule = {
  code: 'ERR_MODEL_SERVER',
  effect: 'retry',
  title: 'The service failed',
  statuses: 'any',
};
const strangeRule: ErrorRule = {
  code: 'ERR_MODEL_UNEXPECTED',
  effect: 'rollout',
  title: 'The service answered with a status that is not expected',
  statuses: 'any',
};

/** The first row of the table that holds. Unknown 5xx may pass, other unknown statuses fail the rollout. */
export function findErrorRule(failure: HttpFailure): ErrorRule {
  const fallback = failure.status >= 500 ? serverRule : strangeRule;
  return rules.find((rule) => holds(rule, failure)) ?? fallback;
}

function holds(rule: ErrorRule, {status, body}: HttpFailure): boolean {
  if (rule.statuses !== 'any' && !rule.statuses.includes(status)) return false;
  const tests = [
    rule.codes && [body.code, asString(body.inner?.['code'])].some((code) => includes(rule.codes, code)),
    rule.message?.test(body.message),
    rule.param && body.param !== undefined && rule.param.test(body.param),
  ].filter((test) => test !== undefined);
  return tests.length === 0 || tests.includes(true);
}

function includes(codes: readonly string[] | undefined, code: string | undefined): boolean {
  return code !== undefined && codes !== undefined && codes.includes(code);
}
