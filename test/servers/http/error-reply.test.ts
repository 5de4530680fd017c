import {describe, expect, it} from 'vitest';
import {
  CallError,
  type CallErrorOptions,
  CancelledError,
  type Fault,
  RollcallError,
} from '../../../src/core/errors.ts';
import {toErrorReply} from '../../../src/servers/http/error-reply.ts';
import {RequestRefusal} from '../../../src/servers/http/request-refusal.ts';

const asIs = (text: string): string => text;

function failed(options: Partial<CallErrorOptions>): CallError {
  return new CallError('the call failed', {
    code: 'ERR_MODEL_SERVER',
    fault: 'model',
    effect: 'retry',
    ...options,
  });
}

describe('a service’s failure', () => {
  it('keeps its status and its body, with the wait that it asks for and its id', () => {
    const body = {
      error: {code: '429', message: 'slow down', innererror: {a: [1]}, seed: 12345678901234567890n},
    };
    const error = failed({httpStatus: 429, body, retryAfterMs: 1_200.4, requestId: 'req-1', throttled: true});
    const reply = toErrorReply(error, asIs);
    expect(reply).toMatchObject({
      status: 429,
      code: 'ERR_MODEL_SERVER',
      isBug: false,
      headers: {'retry-after': '2', 'retry-after-ms': '1201', 'x-request-id': 'req-1'},
    });
    expect(reply?.body).toContain('"innererror":{"a":[1]},"seed":12345678901234567890');
  });

  it.each([
    ['a status without a body', {httpStatus: 503}, 503],
    ['no connection', {code: 'ERR_MODEL_UNREACHABLE', unreachable: true}, 502],
    ['no trust', {code: 'ERR_MODEL_TLS', unreachable: true}, 502],
    ['a time limit', {code: 'ERR_MODEL_TIMEOUT'}, 504],
    ['a broken connection', {code: 'ERR_MODEL_NETWORK'}, 502],
    ['a redirect', {code: 'ERR_MODEL_REDIRECT', httpStatus: 302}, 502],
    ['an error inside a success', {httpStatus: 200}, 502],
    ['a limit inside a success', {httpStatus: 200, throttled: true}, 429],
    ['no capacity', {code: 'ERR_MODEL_OVERLOADED', throttled: true}, 503],
    ['a filter inside a success', {code: 'ERR_MODEL_CONTENT_FILTER', httpStatus: 200}, 400],
    ['a judge that cannot be asked', {code: 'ERR_JUDGE_CALL', fault: 'judge'} as const, 502],
  ])('has a status and a body of ours where it has none: %s', (_, options, status) => {
    const error = failed({hint: 'Do this.', ...options});
    const reply = toErrorReply(error, asIs);
    expect(reply?.status).toBe(status);
    expect(JSON.parse(reply?.body ?? '')).toEqual({
      error: {message: 'the call failed. Do this.', type: 'upstream_error', code: error.code, param: null},
    });
  });

  it.each([{statusCode: 401, message: 'Access denied.'}, {error: 'Access denied.'}, {}])(
    'adds an error that clients can read to a body that has none: %j',
    (body) => {
      const error = failed({httpStatus: 401, code: 'ERR_MODEL_AUTH', body, bodyText: JSON.stringify(body)});
      const reply = toErrorReply(error, asIs);
      expect([reply?.status, JSON.parse(reply?.body ?? '')]).toEqual([
        401,
        {
          ...body,
          error: {message: 'the call failed', type: 'upstream_error', code: 'ERR_MODEL_AUTH', param: null},
        },
      ]);
    },
  );

  it('keeps the headers that a service had for its client, but for a wait that has changed', () => {
    const headers = {'x-request-id': 'req-2', 'x-ratelimit-remaining-tokens': '0', 'retry-after': '60'};
    const error = failed({httpStatus: 429, requestId: 'req-1', headers, retryAfterMs: 7_000});
    expect(toErrorReply(error, asIs)?.headers).toEqual({
      ...headers,
      'retry-after': '7',
      'retry-after-ms': '7000',
    });
  });

  it('puts no id into a header that could break it', () => {
    expect(toErrorReply(failed({requestId: 'a\r\nb: c'}), asIs)?.headers).toEqual({});
  });
});

describe('what cannot be converted', () => {
  it('is the request’s fault, and the first part of it is the parameter', () => {
    const error = failed({
      code: 'ERR_CONVERSION',
      fault: 'dataset',
      effect: 'rollout',
      problems: [
        {path: 'tools[0]', message: 'a'},
        {path: 'input[1]', message: 'b'},
      ],
    });
    const reply = toErrorReply(error, asIs);
    expect(reply?.status).toBe(400);
    expect(JSON.parse(reply?.body ?? '')).toMatchObject({
      error: {type: 'invalid_request_error', code: 'ERR_CONVERSION', param: 'tools[0]'},
    });
  });
});

describe('another expected failure', () => {
  it.each<[Fault, number, string]>([
    ['usage', 400, 'invalid_request_error'],
    ['dataset', 400, 'invalid_request_error'],
    ['config', 500, 'server_error'],
    ['store', 500, 'server_error'],
    ['internal', 500, 'server_error'],
    ['agent', 502, 'upstream_error'],
  ])('of fault %s is a %i', (fault, status, type) => {
    const reply = toErrorReply(new RollcallError('what is wrong', {code: 'ERR_X', fault}), asIs);
    expect(reply).toMatchObject({status, isBug: false});
    expect(JSON.parse(reply?.body ?? '')).toEqual({
      error: {message: 'what is wrong', type, code: 'ERR_X', param: null},
    });
  });
});

describe('toErrorReply', () => {
  it('gives a refusal as it was meant', () => {
    const refusal = new RequestRefusal('No.', {status: 422, code: 'no', param: 'x', headers: {allow: 'GET'}});
    expect(toErrorReply(refusal, asIs)).toEqual({
      status: 422,
      headers: {allow: 'GET'},
      body: '{"error":{"message":"No.","type":"invalid_request_error","code":"no","param":"x"}}',
      code: 'no',
      isBug: false,
    });
  });

  it('has nothing to say to who cancelled', () => {
    expect(toErrorReply(new CancelledError('gone'), asIs)).toBeUndefined();
  });

  it.each([[new TypeError('secret inside')], ['a text'], [undefined]])(
    'hides what nobody expected: %s',
    (thrown) => {
      const reply = toErrorReply(thrown, asIs);
      expect(reply).toMatchObject({status: 500, code: 'internal_error', isBug: true});
      expect(reply?.body).not.toContain('inside');
    },
  );

  it('takes secrets out of all text', () => {
    const hide = (text: string): string => text.replaceAll('s3cret', '****');
    const own = toErrorReply(
      new RollcallError('key s3cret', {code: 'ERR_X', fault: 'config', hint: 's3cret'}),
      hide,
    );
    const theirs = toErrorReply(failed({httpStatus: 401, body: {error: {message: 's3cret'}}}), hide);
    expect(`${own?.body ?? ''}${theirs?.body ?? ''}`).not.toContain('s3cret');
  });
});
