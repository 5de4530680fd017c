import {describe, expect, it} from 'vitest';
import type {RequestNotes} from '../../../src/servers/http/service.ts';
import {
  humanAccessLine,
  jsonAccessLine,
  type ServedRequest,
} from '../../../src/servers/telemetry/access-log.ts';
import {createTelemetry, type Telemetry} from '../../../src/servers/telemetry/telemetry.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';

const atMs = new Date(2026, 10, 22, 12, 0, 1).getTime();

function served(notes: RequestNotes = {}, more: Partial<ServedRequest> = {}): ServedRequest {
  return {
    server: 'policy_model',
    kind: 'model',
    method: 'POST',
    path: '/v1/responses',
    status: 200,
    durationMs: 430.6,
    notes,
    ...more,
  };
}

const answered: RequestNotes = {
  operation: 'responses',
  target: 'policy_model',
  deployment: 'gpt-4o',
  requestModel: 'any',
  responseModel: 'gpt-4o',
  inputTokens: 120,
  outputTokens: 37,
  calls: 1,
  queuedMs: 0,
  firstTokenMs: 21.04,
  upstreamRequestId: 'req-1',
};

describe('a line of the access log', () => {
  it('is for people', () => {
    expect(humanAccessLine(served(answered), atMs)).toBe(
      '12:00:01 POST /v1/responses 200 431ms policy_model gpt-4o 120→37 tok',
    );
    const failed = {requestModel: 'any', calls: 3, queuedMs: 1500, error: 'ERR_MODEL_SERVER'};
    expect(humanAccessLine(served(failed, {status: 500}), atMs + 1000)).toBe(
      '12:00:02 POST /v1/responses 500 431ms policy_model any 3 calls queued 1500ms ERR_MODEL_SERVER',
    );
  });

  it('or for machines, with OpenTelemetry’s names', () => {
    expect(JSON.parse(jsonAccessLine(served(answered), atMs))).toEqual({
      time: new Date(atMs).toISOString(),
      'http.request.method': 'POST',
      'url.path': '/v1/responses',
      'http.response.status_code': 200,
      duration_ms: 430.6,
      server: 'policy_model',
      kind: 'model',
      target: 'policy_model',
      'gen_ai.operation.name': 'responses',
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.request.model': 'any',
      'gen_ai.response.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 37,
      deployment: 'gpt-4o',
      calls: 1,
      queued_ms: 0,
      time_to_first_token_ms: 21,
      upstream_request_id: 'req-1',
    });
  });

  it.each([
    ['an escape sequence', '/\u001b[2J', '/\\u{1b}[2J'],
    ['a control of one byte', '/\u009b31m', '/\\u{9b}31m'],
    ['a line break', '/a\nb', '/a\\u{a}b'],
    ['text that turns around', '/\u202eabc', '/\\u{202e}abc'],
    ['blanks', '/a b\u3000c', '/a\\u{20}b\\u{3000}c'],
    ['letters of all scripts, as they are', '/zażółć/日本', '/zażółć/日本'],
  ])('shows what a terminal would act upon: %s', (_, path, shown) => {
    for (const line of [humanAccessLine, jsonAccessLine]) {
      const text = line(served({requestModel: path}, {path}), atMs);
      const plain = line === jsonAccessLine ? Object.values(JSON.parse(text) as object) : text.split(' ');
      expect(plain.filter((part) => part === shown)).toHaveLength(2);
    }
  });

  it('is never long', () => {
    const long = 'x'.repeat(100_000);
    expect(
      jsonAccessLine(served({requestModel: long, error: long}, {path: `/${long}`}), atMs).length,
    ).toBeLessThan(2000);
  });
});

describe('telemetry', () => {
  it.each(['human', 'json', 'none'] as const)('writes one line a request, or none: %s', (accessLog) => {
    const lines: string[] = [];
    const telemetry = createTelemetry({
      accessLog,
      writeLine: (line) => lines.push(line),
      clock: createFakeClock(),
    });
    report(telemetry, served());
    expect(lines).toHaveLength(accessLog === 'none' ? 0 : 1);
  });

  it('counts requests, and those in progress', async () => {
    const telemetry = open();
    report(telemetry, served({operation: 'verify'}, {server: 'judge', kind: 'judge'}));
    report(telemetry, served({}, {status: 404}));
    telemetry.requestBegan('policy_model', 'model');
    const text = await metricsOf(telemetry);
    expect(text).toContain(
      'rollcall_requests_total{server="judge",kind="judge",operation="verify",status="200"} 1\n',
    );
    expect(text).toContain(
      'rollcall_requests_total{server="policy_model",kind="model",operation="none",status="404"} 1\n',
    );
    expect(text).toContain('rollcall_requests_in_flight{server="policy_model",kind="model"} 1\n');
    expect(text).toContain('rollcall_requests_in_flight{server="judge",kind="judge"} 0\n');
    expect(text).not.toContain('gen_ai_server_request_duration_seconds_count');
  });

  it('measures models under OpenTelemetry’s names', async () => {
    const telemetry = open();
    report(telemetry, served(answered));
    const text = await metricsOf(telemetry);
    const labels =
      'gen_ai_operation_name="chat",gen_ai_provider_name="azure.ai.openai",gen_ai_request_model="any",gen_ai_response_model="gpt-4o",server="policy_model",kind="model"';
    expect(text).toContain(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"} 120\n`);
    expect(text).toContain(
      `gen_ai_client_token_usage_bucket{le="64",${labels},gen_ai_token_type="output"} 1\n`,
    );
    expect(text).toContain(`gen_ai_server_request_duration_seconds_sum{${labels},error_type=""} 0.43`);
    expect(text).toContain(`gen_ai_server_time_to_first_token_seconds_bucket{le="0.04",${labels}} 1\n`);
    expect(text).toContain('rollcall_upstream_calls_total{deployment="gpt-4o"} 1\n');
  });

  it('counts calls, retries and waiting by deployment', async () => {
    const telemetry = open();
    report(telemetry, served({deployment: 'gpt', calls: 3, queuedMs: 1500}));
    report(telemetry, served({deployment: 'gpt', calls: 1, queuedMs: 0}));
    const text = await metricsOf(telemetry);
    expect(text).toContain('rollcall_upstream_calls_total{deployment="gpt"} 4\n');
    expect(text).toContain('rollcall_retries_total{deployment="gpt"} 2\n');
    expect(text).toContain('rollcall_queue_seconds_sum{deployment="gpt"} 1.5\n');
    expect(text).toContain('rollcall_queue_seconds_count{deployment="gpt"} 2\n');
  });

  it('shows a deployment’s load while it is watched', async () => {
    const telemetry = open();
    const load = {inFlight: 3, waiting: 0};
    const unwatch = telemetry.watchDeployment('gpt', () => load);
    load.waiting = 7;
    expect(await metricsOf(telemetry)).toMatch(
      /deployment_in_flight\{deployment="gpt"\} 3\n[^]*deployment_waiting\{deployment="gpt"\} 7\n/,
    );
    unwatch();
    expect(await metricsOf(telemetry)).not.toContain('deployment="gpt"');
  });

  it('does not grow with names that clients make up', async () => {
    const telemetry = open();
    report(telemetry, served(answered));
    for (let index = 0; index < 1000; index++)
      report(telemetry, served({...answered, requestModel: `made-up-${index}`, error: `e${index}`}));
    report(telemetry, served({...answered, requestModel: 'x'.repeat(10_000)}));
    report(telemetry, served(answered));
    const text = await metricsOf(telemetry);
    expect(text).toContain('gen_ai_request_model="other"');
    expect(text).toMatch(/duration_seconds_count\{[^}]*gen_ai_request_model="any"[^}]*\} 2\n/);
    expect(text.match(/gen_ai_server_request_duration_seconds_count/g)?.length).toBeLessThanOrEqual(105);
  });

  it('is its own: two of them share nothing', async () => {
    const [first, second] = [open(), open()];
    report(first, served(answered));
    expect(await metricsOf(second)).not.toContain('gpt-4o');
  });
});

function open(): Telemetry {
  return createTelemetry({accessLog: 'none', writeLine: () => undefined, clock: createFakeClock()});
}

function report(telemetry: Telemetry, request: ServedRequest): void {
  telemetry.requestBegan(request.server, request.kind);
  telemetry.requestEnded(request);
}

async function metricsOf(telemetry: Telemetry): Promise<string> {
  const {text, contentType} = await telemetry.exposition();
  expect(contentType).toContain('version=0.0.4');
  return text;
}
