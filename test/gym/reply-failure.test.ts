import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import {failureNotes} from '../../src/core/failure-notes.ts';
import {toReplyFailure} from '../../src/gym/reply-failure.ts';
import {replyContext} from './gym-server.ts';

function failureOf(status: number, text: string, headers: Record<string, string> = {}): CallError {
  return toReplyFailure({status, text, headers}, replyContext());
}

const openAiError = (code: string, message = 'it says why') =>
  JSON.stringify({error: {message, type: 't', code, param: null}});

describe('toReplyFailure', () => {
  it.each([
    // NeMo Gym's `repr` of whatever was thrown, and what an inner server said.
    [500, '"ValueError(\'no\')"', 'ERR_AGENT_RUN', 'retry', 'agent_run_error'],
    [
      422,
      '{"detail":[{"loc":["body","responses_create_params","seed"],"msg":"Extra inputs"}]}',
      'ERR_AGENT_RUN',
      'rollout',
      'agent_run_error',
    ],
    [400, 'bad', 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    [429, '', 'ERR_AGENT_REQUEST', 'retry', 'agent_request_failed'],
    [
      502,
      '<html><title>502 Bad Gateway</title></html>',
      'ERR_AGENT_REQUEST',
      'retry',
      'agent_request_failed',
    ],
    [503, openAiError('overloaded'), 'ERR_AGENT_REQUEST', 'retry', 'agent_request_failed'],
    [504, '', 'ERR_AGENT_REQUEST', 'retry', 'agent_request_failed'],
    [408, '', 'ERR_AGENT_RUN', 'retry', 'agent_run_error'],
    [413, '', 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    // Who we are, and where we knock.
    [401, openAiError('invalid_server_token'), 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [401, openAiError('ERR_MODEL_AUTH'), 'ERR_MODEL_AUTH', 'run', 'agent_run_error'],
    [
      401,
      '{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}',
      'ERR_AGENT_RUN',
      'run',
      'agent_run_error',
    ],
    [403, openAiError('ERR_MODEL_FORBIDDEN'), 'ERR_MODEL_FORBIDDEN', 'run', 'agent_run_error'],
    [403, '<html>Forbidden</html>', 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [403, openAiError('content_filter'), 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    [404, openAiError('DeploymentNotFound'), 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [404, '{"detail":"Not Found"}', 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [405, '{"detail":"Method Not Allowed"}', 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [404, openAiError('not_found'), 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [404, openAiError('no_such_task'), 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    [404, '{"detail":"task 7 is not known"}', 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    [404, '{"message":"no such task"}', 'ERR_AGENT_RUN', 'rollout', 'agent_run_error'],
    [404, '404 page not found', 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    [307, '', 'ERR_AGENT_RUN', 'run', 'agent_run_error'],
    // Our own servers' failures of the model behind them.
    [400, openAiError('ERR_MODEL_PARAMETER'), 'ERR_MODEL_PARAMETER', 'settings', 'agent_run_error'],
    [502, openAiError('ERR_MODEL_SERVER'), 'ERR_MODEL_SERVER', 'retry', 'agent_request_failed'],
    [504, openAiError('ERR_ROLLOUT_TIMEOUT'), 'ERR_ROLLOUT_TIMEOUT', 'retry', 'agent_request_failed'],
    [500, '', 'ERR_AGENT_RUN', 'retry', 'agent_run_error'],
  ])('takes %i %s for %s, effect %s, class %s', (...[status, text, code, effect, failureClass]) => {
    const error = failureOf(status, text);
    expect(error).toMatchObject({code, effect, httpStatus: status});
    expect(failureNotes(error, false)['_ng_failure_class']).toBe(failureClass);
  });

  it("counts what a model behind the agent did as the model's", () => {
    expect(failureOf(502, openAiError('ERR_MODEL_UNREACHABLE'))).toMatchObject({
      fault: 'model',
      unreachable: true,
    });
    expect(failureOf(429, openAiError('ERR_MODEL_RATE_LIMIT'))).toMatchObject({
      fault: 'model',
      throttled: true,
    });
    expect(failureOf(500, openAiError('ERR_CONFIG'))).toMatchObject({fault: 'agent', effect: 'run'});
  });

  it.each([
    [401, 'ERR_MODEL_AUTH', 'run'],
    [502, 'ERR_JUDGE_CALL', 'retry'],
  ])("is the judge's where a judge was asked: %i as %s", (status, code, effect) => {
    const text = openAiError(status === 401 ? 'ERR_MODEL_AUTH' : 'ERR_MODEL_SERVER');
    const error = toReplyFailure({status, text, headers: {}}, replyContext({fault: 'judge'}));
    expect(error).toMatchObject({code, effect, fault: 'judge'});
  });

  it.each([
    ['"ValueError(\'no\')"', "500): ValueError('no')"],
    ['{"error":{"message":"boom","code":"x_1"}}', '500, x_1): boom'],
    ['{"error":{"message":"boom","type":"server_error","code":null}}', '500, server_error): boom'],
    ['{"error":"boom"}', '500): boom'],
    ['{"message":"boom","code":7}', '500, 7): boom'],
    ['{"detail":["a",1]}', '500): ["a",1]'],
    ['[1,2]', '500): [1,2]'],
    ['{"a":1', '500): {"a":1'],
    ['', '500): the reply has no body'],
    [
      '<!DOCTYPE html><head><style>p{}</style></head><h1>Bad</h1><p>gateway',
      '500): an HTML page, "Bad gateway"',
    ],
    ['a s3cret in it', '500): a **** in it'],
    ['up\u001b[2J\u202edown\n\n  here', '500): up [2J down here'],
  ])('says what %j said', (text, said) => {
    expect(failureOf(500, text).message).toBe(`the agent a at http://h:1 answered with an error (${said}`);
  });

  it('shortens what is long', () => {
    expect(failureOf(500, 'x'.repeat(1_000_000)).message.length).toBeLessThan(800);
    expect(failureOf(500, JSON.stringify({error: {code: 'y'.repeat(9_000)}})).message.length).toBeLessThan(
      1_400,
    );
  });

  it('survives a body that is nested without end', () => {
    expect(failureOf(500, `{"error":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)).toMatchObject({
      effect: 'retry',
    });
  });

  it.each([
    [{'retry-after': '7'}, 7_000],
    [{'retry-after': '0.5'}, 500],
    [{'retry-after-ms': '40', 'retry-after': '7'}, 40],
    [{'retry-after': 'Sun, 15 Jun 2025 15:06:43 GMT'}, 3_000],
    [{'retry-after': 'Sun, 15 Jun 2005 15:06:43 GMT'}, 0],
    [{'retry-after': 'soon'}, undefined],
    [{'retry-after': '-3'}, undefined],
    [{}, undefined],
  ])('reads the wait in %j', (headers, expected) => {
    expect(failureOf(503, '', headers as Record<string, string>).retryAfterMs).toBe(expected);
  });

  it('keeps the id that a server of ours passes on', () => {
    expect(failureOf(500, '', {'x-request-id': 'req_9'}).requestId).toBe('req_9');
  });

  it('keeps a JSON body, redacted, for whoever passes it on', () => {
    expect(failureOf(500, openAiError('x', 'the s3cret')).body).toEqual({
      error: {message: 'the ****', type: 't', code: 'x', param: null},
    });
    expect(failureOf(500, '"text"').body).toBeUndefined();
  });
});
