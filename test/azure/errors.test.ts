import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseErrorBody} from '../../src/azure/error-body.ts';
import {printable} from '../../src/azure/error-text.ts';
import {
  type AzureCallError,
  type ErrorContext,
  requestIdOf,
  toCallError,
  toInnerError,
} from '../../src/azure/errors.ts';
import type {ReplyHeaders} from '../../src/azure/reply-headers.ts';
import type {CallEffect} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {createRedactor} from '../../src/core/redact.ts';

type HintRow = [string, number, JsonObject, Partial<ErrorContext>, RegExp];
type Row = [
  what: string,
  status: number,
  body: JsonObject | string,
  code: string,
  effect: CallEffect,
  words?: RegExp,
];

const err = (code: string | null, message: string, more: JsonObject = {}): JsonObject => ({
  error: {code, message, ...more},
});
const invalidRequest = {type: 'invalid_request_error', param: null};

// azure-openai.md §4.2, row by row.
const table: readonly Row[] = [
  [
    'an unknown version',
    400,
    err('BadRequest', 'API version not supported'),
    'ERR_MODEL_API_VERSION',
    'run',
    /^API version not supported/,
  ],
  [
    'a version without a query',
    404,
    err('404', 'Missing required query parameter: api-version'),
    'ERR_MODEL_API_VERSION',
    'run',
  ],
  [
    'a model that needs a later version',
    400,
    err('BadRequest', 'Model {modelName} is enabled only for api versions 2024-12-01-preview and later'),
    'ERR_MODEL_API_VERSION',
    'run',
    /^API version not supported/,
  ],
  [
    'a parameter that needs a later version',
    400,
    err(
      'BadRequest',
      'response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later',
    ),
    'ERR_MODEL_API_VERSION',
    'run',
  ],
  [
    'an API that needs a later version',
    400,
    err(
      'BadRequest',
      'Azure OpenAI Responses API is enabled only for api-version 2025-03-01-preview and later',
    ),
    'ERR_MODEL_API_VERSION',
    'run',
  ],
  [
    'a model without this operation',
    400,
    err(
      'OperationNotSupported',
      'The chatCompletion operation does not work with the specified model, X. Please choose different model',
    ),
    'ERR_MODEL_OPERATION',
    'run',
  ],
  [
    'an unsupported parameter',
    400,
    err(
      'unsupported_parameter',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      {
        ...invalidRequest,
        param: 'max_tokens',
        callstack: 'leaked',
      },
    ),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'an unsupported value',
    400,
    err(
      'unsupported_value',
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    ),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'an unsupported role',
    400,
    err('unsupported_value', "'messages[0].role' does not support 'system' with this model.", {
      param: 'messages[0].role',
    }),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'an unknown argument',
    400,
    err(null, 'Unrecognized request argument supplied: max_completion_tokens', invalidRequest),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'too many tokens asked for',
    400,
    err(
      'invalid_value',
      'max_tokens is too large: 20000. This model supports at most 16384 completion tokens, whereas you provided 20000.',
    ),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'a value out of range',
    400,
    err('decimal_above_max_value', "Invalid 'temperature'"),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'a missing parameter',
    400,
    err('missing_required_parameter', "Missing required parameter: 'response_format.type'."),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'a bad schema',
    400,
    err(
      null,
      "Invalid schema for response_format 'name': In context=(), 'additionalProperties' is required",
      {param: 'response_format'},
    ),
    'ERR_MODEL_PARAMETER',
    'settings',
  ],
  [
    'a tool message alone',
    400,
    err(null, "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", {
      param: 'messages.[2].role',
    }),
    'ERR_MODEL_CONVERSATION',
    'rollout',
  ],
  [
    'a tool call without answer',
    400,
    err(
      null,
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
    ),
    'ERR_MODEL_CONVERSATION',
    'rollout',
  ],
  [
    'a prompt that is too long',
    400,
    err(
      'context_length_exceeded',
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      {param: 'messages'},
    ),
    'ERR_MODEL_CONTEXT_LENGTH',
    'rollout',
  ],
  [
    'the same without a code',
    400,
    err(null, "This model's maximum context length is 8192 tokens, however you requested 9000 tokens"),
    'ERR_MODEL_CONTEXT_LENGTH',
    'rollout',
  ],
  [
    'an output limit',
    400,
    err(
      'invalid_value',
      'Could not finish the message because max_tokens or model output limit was reached. Please try again',
    ),
    'ERR_MODEL_OUTPUT_LIMIT',
    'rollout',
  ],
  [
    'a filtered prompt',
    400,
    err(
      'content_filter',
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    ),
    'ERR_MODEL_CONTENT_FILTER',
    'rollout',
  ],
  ['a policy violation', 400, err('content_policy_violation', 'no'), 'ERR_MODEL_CONTENT_FILTER', 'rollout'],
  ['an invalid prompt', 400, err('invalid_prompt', 'flagged'), 'ERR_MODEL_CONTENT_FILTER', 'rollout'],
  ['a cyber policy', 400, err('cyber_policy', 'flagged'), 'ERR_MODEL_CONTENT_FILTER', 'rollout'],
  [
    'invalid content of the model',
    400,
    err(null, 'The model produced invalid content. Consider modifying your prompt'),
    'ERR_MODEL_SERVER',
    'retry',
  ],
  [
    'a bad filter policy',
    400,
    err('InvalidContentFilterPolicy', 'no such policy'),
    'ERR_MODEL_FILTER_POLICY',
    'run',
  ],
  [
    'a missing model on v1',
    400,
    err('model_not_found', "The requested model 'x' with deployment name 'x' does not exist.", {
      param: 'model',
    }),
    'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
    'run',
    /^Deployment not found/,
  ],
  [
    'a wrong key',
    401,
    err(
      '401',
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key',
    ),
    'ERR_MODEL_AUTH',
    'run',
    /^Invalid API key or endpoint \(401\): Access denied/,
  ],
  [
    'a wrong token',
    401,
    {
      statusCode: 401,
      message:
        'Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.',
    },
    'ERR_MODEL_AUTH',
    'run',
    /^Invalid API key or endpoint/,
  ],
  [
    'a missing role',
    401,
    err(
      'PermissionDenied',
      'The principal `x` lacks the required data action `Microsoft.CognitiveServices/…` to perform `POST …` operation.',
    ),
    'ERR_MODEL_FORBIDDEN',
    'run',
    /role/,
  ],
  [
    'the older wording',
    401,
    err('PermissionDenied', 'Principal does not have access to API/Operation.'),
    'ERR_MODEL_FORBIDDEN',
    'run',
  ],
  [
    'a gateway’s key',
    401,
    {statusCode: 401, message: 'Access denied due to missing subscription key.'},
    'ERR_MODEL_AUTH',
    'run',
  ],
  [
    'a firewall',
    403,
    err('403', 'Access denied due to Virtual Network/Firewall rules.'),
    'ERR_MODEL_FORBIDDEN',
    'run',
  ],
  [
    'a blocked resource',
    403,
    err(null, 'The resource has been temporarily blocked'),
    'ERR_MODEL_FORBIDDEN',
    'run',
  ],
  [
    'a gateway’s quota',
    403,
    {statusCode: 403, message: 'Out of call volume quota. Quota will be replenished in 00:10:00.'},
    'ERR_MODEL_QUOTA_EXHAUSTED',
    'retry',
  ],
  [
    'an unknown deployment',
    404,
    err(
      'DeploymentNotFound',
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    ),
    'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
    'run',
    /^Deployment not found \(404, DeploymentNotFound\)/,
  ],
  [
    'another simulator’s words',
    404,
    {error: 'Deployment x not found'},
    'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
    'run',
  ],
  [
    'a wrong path',
    404,
    err('404', 'Resource not found'),
    'ERR_MODEL_RESOURCE_NOT_FOUND',
    'run',
    /^Resource not found/,
  ],
  [
    'an unknown response id',
    404,
    err('invalid_request_error', "Response with id 'resp_1' not found."),
    'ERR_MODEL_NOT_FOUND',
    'rollout',
  ],
  ['a wrong method', 405, '', 'ERR_MODEL_OPERATION', 'run'],
  ['a wrong content type', 415, err(null, 'Unsupported Media Type'), 'ERR_MODEL_OPERATION', 'run'],
  ['a redirect', 307, '', 'ERR_MODEL_REDIRECT', 'run', /to https:\/\/login\.example\.org\/in$/],
  [
    'a proxy’s password',
    407,
    '<html><body>Proxy Authentication Required</body></html>',
    'ERR_MODEL_AUTH',
    'run',
  ],
  [
    'a timeout of the service',
    408,
    err('Timeout', 'The operation was timeout.'),
    'ERR_MODEL_TIMEOUT',
    'retry',
  ],
  ['a conflict', 409, err('Conflict', 'locked'), 'ERR_MODEL_SERVER', 'retry'],
  [
    'a body that is too large',
    413,
    err(null, 'Maximum content size limit (26214400) exceeded'),
    'ERR_MODEL_CONVERSATION',
    'rollout',
  ],
  [
    'an invalid input',
    422,
    {detail: [{loc: ['body'], msg: 'invalid input error'}]},
    'ERR_MODEL_CONVERSATION',
    'rollout',
    /invalid input error/,
  ],
  ['a failed dependency', 424, err(null, 'on your data failed'), 'ERR_MODEL_CONVERSATION', 'rollout'],
  [
    'a failed dependency’s rate limit',
    424,
    err(null, 'upstream answered 429'),
    'ERR_MODEL_RATE_LIMIT',
    'retry',
  ],
  [
    'a rate limit',
    429,
    err(
      '429',
      'Requests to the ChatCompletions_Create Operation have exceeded token rate limit. Please retry after 33 seconds.',
    ),
    'ERR_MODEL_RATE_LIMIT',
    'retry',
  ],
  [
    'the shorter wording',
    429,
    {statusCode: 429, message: 'Rate limit is exceeded. Try again in 2 seconds.'},
    'ERR_MODEL_RATE_LIMIT',
    'retry',
  ],
  [
    'the newer wording',
    429,
    err(
      'RateLimitReached',
      'Your requests to gpt-4.1-nano have exceeded the token rate limit. Please retry after 45 seconds.',
    ),
    'ERR_MODEL_RATE_LIMIT',
    'retry',
  ],
  [
    'no capacity',
    429,
    err('NoCapacity', 'The system is currently experiencing high demand. Please retry after 20 seconds.'),
    'ERR_MODEL_OVERLOADED',
    'retry',
  ],
  ['no capacity as a 503', 503, err('NoCapacity', 'later'), 'ERR_MODEL_OVERLOADED', 'retry'],
  [
    'a day’s wait',
    429,
    err('429', 'Please retry after 86400 seconds.'),
    'ERR_MODEL_QUOTA_EXHAUSTED',
    'retry',
  ],
  [
    'no money',
    429,
    err('insufficient_quota', 'You exceeded your current quota'),
    'ERR_MODEL_QUOTA_EXHAUSTED',
    'run',
  ],
  [
    'a gateway’s quota without a time',
    403,
    {statusCode: 403, message: 'Token quota is exceeded.'},
    'ERR_MODEL_QUOTA_EXHAUSTED',
    'run',
  ],
  [
    'a quota that may be one of a minute',
    429,
    err('429', 'Quota exceeded for this key'),
    'ERR_MODEL_QUOTA_EXHAUSTED',
    'retry',
  ],
  ['too many headers', 431, '', 'ERR_MODEL_HEADERS', 'run'],
  ['a closed client', 499, '', 'ERR_MODEL_TIMEOUT', 'retry'],
  [
    'a server error',
    500,
    err(null, 'The server had an error while processing your request. Sorry about that!', {
      type: 'server_error',
    }),
    'ERR_MODEL_SERVER',
    'retry',
  ],
  [
    'a gateway error',
    500,
    {statusCode: 500, message: 'Internal server error', activityId: 'a-1'},
    'ERR_MODEL_SERVER',
    'retry',
    /Internal server error/,
  ],
  [
    'a bad gateway',
    502,
    '<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p{}</style></head><body></body></html>',
    'ERR_MODEL_SERVER',
    'retry',
    /502 Bad Gateway/,
  ],
  [
    'Envoy',
    503,
    'upstream connect error or disconnect/reset before headers',
    'ERR_MODEL_SERVER',
    'retry',
    /upstream connect error/,
  ],
  ['an unknown server error', 598, '', 'ERR_MODEL_SERVER', 'retry'],
  ['an unknown client error', 418, 'teapot', 'ERR_MODEL_UNEXPECTED', 'rollout'],
];

describe('a failed reply', () => {
  it.each(table)('with %s (%i) is classified', (...[, status, body, code, effect, words]) => {
    const error = fail(status, body, {location: 'https://login.example.org/in?token=abc'});
    expect({code: error.code, effect: error.effect, status: error.httpStatus}).toEqual({
      code,
      effect,
      status,
    });
    if (words !== undefined) expect(error.message).toMatch(words);
    if (effect !== 'retry' && code !== 'ERR_MODEL_UNEXPECTED') expect(error.hint).toBeTruthy();
  });

  it('marks what is for want of quota or capacity', () => {
    const throttled = table
      .filter(([, status, body]) => fail(status, body).throttled)
      .map(([, , , code]) => code);
    expect(new Set(throttled)).toEqual(
      new Set(['ERR_MODEL_RATE_LIMIT', 'ERR_MODEL_OVERLOADED', 'ERR_MODEL_QUOTA_EXHAUSTED']),
    );
  });

  it('says when a second try is the last that is worth it', () => {
    const spoilt = err(null, 'The model produced invalid content.');
    expect([fail(400, spoilt).mostTries, fail(500, '').mostTries]).toEqual([2, undefined]);
  });

  it('keeps the wait that the service asks for, in full', () => {
    expect(fail(429, err('429', 'Please retry after 86400 seconds.')).retryAfterMs).toBe(86_400_000);
    expect(fail(429, '', {'x-ratelimit-reset-tokens': '12'}).retryAfterMs).toBe(12_000);
    expect(fail(503, '', {'retry-after': '7', 'x-ratelimit-reset-tokens': '12'}).retryAfterMs).toBe(7_000);
    expect(fail(503, '', {'x-ratelimit-reset-tokens': '12'}).retryAfterMs).toBeUndefined();
    expect(fail(400, '', {'retry-after': '7'}).retryAfterMs).toBeUndefined();
  });

  it('keeps no wait of the deployment that the call spilled over to: it is not that one which is asked', () => {
    const headers = {'retry-after': '33', 'x-ms-spillover-from-deployment': 'ptu'};
    const error = fail(429, err('429', 'Please retry after 33 seconds.'), headers);
    expect([error.throttled, error.retryAfterMs]).toEqual([true, undefined]);
  });

  it('is not to be repeated when the service says so', () => {
    expect(fail(500, '', {'x-should-retry': 'false'}).effect).toBe('rollout');
    expect(fail(500, '', {'x-should-retry': 'true'}).effect).toBe('retry');
  });

  it('keeps the id, the body, and that a simulator sent it', () => {
    const body = err('429', 'x');
    expect(fail(429, body, {'apim-request-id': 'r-1', 'x-rollcall-simulated': 'true'})).toMatchObject({
      requestId: 'r-1',
      simulated: true,
      body,
    });
  });
});

describe('hints', () => {
  it.each([
    [
      'the key and the address',
      401,
      err('401', 'Access denied'),
      {},
      /openai_api_key.*https:\/\/res\.openai\.azure\.com/,
    ],
    [
      'the token',
      401,
      {statusCode: 401, message: 'audience is incorrect'},
      {credential: 'bearer'},
      /entra_scope/,
    ],
    ['the sign-in', 401, err('401', 'expired'), {credential: 'entra'}, /az login/],
    [
      'the role and the five minutes',
      401,
      err(null, 'lacks the required data action'),
      {},
      /Cognitive Services OpenAI User.*5 minutes/,
    ],
    [
      'the network',
      403,
      err('403', 'Public access is disabled. Please configure private endpoint.'),
      {},
      /network/,
    ],
    [
      'the deployment',
      404,
      err('DeploymentNotFound', 'x'),
      {},
      /openai_model.*"dep" is not at https:\/\/res/,
    ],
    [
      'the normalised URL',
      404,
      err('404', 'Resource not found'),
      {},
      /Nothing is at https:\/\/res\.openai\.azure\.com\/openai\/x/,
    ],
    [
      'the lowest version',
      400,
      err(null, 'enabled only for api versions 2024-12-01-preview and later'),
      {},
      /2024-12-01-preview or later/,
    ],
    [
      'the nearest version',
      400,
      err(null, 'API version not supported'),
      {apiVersion: '2024-05-13'},
      /2024-05-13 was asked for.*2024-05-01-preview/,
    ],
    [
      'the default version',
      400,
      err(null, 'API version not supported'),
      {apiVersion: '2023-03-15-preview'},
      /2024-10-21/,
    ],
    [
      'the family',
      400,
      err('unsupported_parameter', "Use 'max_completion_tokens' instead."),
      {},
      /model_family/,
    ],
    [
      'the version for an argument',
      400,
      err(null, 'Unrecognized request argument supplied: store'),
      {},
      /api-version.*2024-10-21/,
    ],
    ['the parameter', 400, err('invalid_value', 'bad', {param: 'top_p'}), {}, /`top_p`/],
  ] satisfies HintRow[])('name %s', (...[, status, body, context, hint]) => {
    expect(fail(status, body, {}, context).hint).toMatch(hint);
  });
});

describe('a filtered prompt', () => {
  const findings = {
    hate: {filtered: false, severity: 'safe'},
    jailbreak: {filtered: true, detected: true},
    violence: {filtered: true, severity: 'medium'},
  };
  it.each([
    [
      'innererror, singular',
      {innererror: {code: 'ResponsibleAIPolicyViolation', content_filter_result: findings}},
    ],
    [
      'inner_error, plural',
      {inner_error: {code: 'ResponsibleAIPolicyViolation', content_filter_results: findings}},
    ],
    ['content_filters', {content_filters: [{blocked: true, content_filter_results: findings}]}],
  ])('names the categories given as %s', (_, more) => {
    expect(fail(400, err('content_filter', 'filtered', more)).message).toContain(
      'jailbreak, violence (medium)',
    );
  });

  it('is known by its inner error alone', () => {
    const error = fail(400, err(null, 'blocked', {innererror: {code: 'ResponsibleAIPolicyViolation'}}));
    expect(error.code).toBe('ERR_MODEL_CONTENT_FILTER');
  });
});

describe('an error inside a reply', () => {
  it.each([
    [{type: 'too_many_requests', code: 'rate_limit_exceeded', message: 'x'}, 'ERR_MODEL_RATE_LIMIT', 'retry'],
    [{code: 'server_error', message: 'x'}, 'ERR_MODEL_SERVER', 'retry'],
    [{code: 429, message: 'x'}, 'ERR_MODEL_RATE_LIMIT', 'retry'],
    [{code: 'content_filter', message: 'x'}, 'ERR_MODEL_CONTENT_FILTER', 'rollout'],
    [{code: 'invalid_prompt', message: 'x'}, 'ERR_MODEL_CONTENT_FILTER', 'rollout'],
    [{code: 'vector_store_timeout', message: 'x'}, 'ERR_MODEL_SERVER', 'retry'],
    [{}, 'ERR_MODEL_SERVER', 'retry'],
  ])('as %j is %s', (inner, code, effect) => {
    const error = toInnerError(inner, {'retry-after': '3'}, contextWith({}));
    expect(error).toMatchObject({code, effect, httpStatus: 200});
    if (effect === 'retry') expect(error.retryAfterMs).toBe(3_000);
    expect(error.message).toContain('inside the reply');
  });
});

describe('the text of an error', () => {
  const key = 'sk-canary-0123456789';

  it('holds no secret, wherever the service repeats it', () => {
    const bodies = [
      err('401', `wrong key ${key}`),
      `plain ${key}`,
      `<html><body>${key}</body></html>`,
      {statusCode: 401, message: 'x', detail: key},
      err(null, 'x', {innererror: {echo: key}}),
    ];
    for (const body of bodies) {
      const error = fail(401, body, {}, {redact: createRedactor([key]).redact});
      expect(JSON.stringify([error, error.message])).not.toContain('canary');
    }
  });

  it('is printable and at most 2 kB', () => {
    const error = fail(500, err(null, `a\u001b[31mred\u0007\n\u202e${'é'.repeat(5_000)}`));
    expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(2_000);
    expect(error.message).toMatch(/a \[31mred é+…$/);
  });

  it('says when there is no body', () => {
    expect(fail(502, '').message).toBe(
      'A server on the way could not reach the model (502): the reply has no body',
    );
  });
});

describe('printable', () => {
  it('gives at most 2,000 bytes without controls, for all texts', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 6_000}), (text) => {
        const line = printable(text);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2_000);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('the parser of error bodies', () => {
  it.each([
    ['', 'empty', ''],
    ['  \n', 'empty', ''],
    ['{"error":{"message":"m","code":429}}', 'error', 'm'],
    ['{"error":"m"}', 'message', 'm'],
    ['{"detail":"m"}', 'message', 'm'],
    ['{"message":"m"}', 'message', 'm'],
    ['{"statusCode":401,"message":"m"}', 'gateway', 'm'],
    ['{"title":"m","status":400}', 'message', 'm'],
    ['{"error":null}', 'message', '{"error":null}'],
    ['{"cut', 'text', '{"cut'],
    ['[1]', 'text', '[1]'],
    ['<html><script>x()</script><b>m</b></html>', 'html', 'm'],
  ])('reads %j as %s', (text, shape, message) => {
    expect(parseErrorBody(text)).toMatchObject({shape, message});
  });

  it('reads codes of any kind as text', () => {
    expect(parseErrorBody('{"error":{"code":429}}').code).toBe('429');
    expect(parseErrorBody('{"error":{"code":null}}').code).toBeUndefined();
  });

  it('never throws, whatever comes', () => {
    const json = fc.json().map((text) => `{"error":${text}}`);
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), json, fc.json()),
        fc.integer({min: 300, max: 599}),
        (text, status) => {
          const error = fail(status, text);
          expect(error.code).toMatch(/^ERR_MODEL_[A-Z_]+$/);
        },
      ),
    );
  });
});

describe('requestIdOf', () => {
  it.each([
    [{'apim-request-id': 'a', 'x-request-id': 'b'}, 'a'],
    [{'x-request-id': 'b'}, 'b'],
    [{}, undefined],
  ])('of %j is %s', (headers, id) => {
    expect(requestIdOf(headers)).toBe(id);
  });
});

function contextWith(context: Partial<ErrorContext>): ErrorContext {
  return {
    url: 'https://res.openai.azure.com/openai/x',
    deployment: 'dep',
    apiVersion: '2024-10-21',
    credential: 'api-key',
    redact: (text) => text,
    nowMs: 0,
    ...context,
  };
}

function fail(
  status: number,
  body: JsonObject | string,
  headers: ReplyHeaders = {},
  context: Partial<ErrorContext> = {},
): AzureCallError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toCallError({status, headers, body: Buffer.from(text)}, contextWith(context));
}
