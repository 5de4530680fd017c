import {describe, expect, it} from 'vitest';
import {asJsonObject, type JsonObject} from '../../src/core/json.ts';
import {answer, collectWithFaults, type RowEnd} from './faulty-run.ts';

/** What a fault comes to: the code and the words of the failure, or `whole`: the reply is none the worse for it. */
type Ending = readonly [code: string, message: RegExp] | 'whole';

const timedOut = (message: RegExp): Ending => ['ERR_MODEL_TIMEOUT', message];
const network: Ending = ['ERR_MODEL_NETWORK', /broke before a reply came \(/];
const broken: Ending = ['ERR_MODEL_TRUNCATED', /The reply of http:.* broke off \(/];
const cutStream: Ending = ['ERR_MODEL_TRUNCATED', /stream was cut off: it ended before the answer did/];
const cutBody: Ending = ['ERR_MODEL_TRUNCATED', /answered 200, but its reply ends in the middle/];
const silent = timedOut(/began no reply within 600 s/);
const stopped = timedOut(/stopped in the middle of its reply within 120 s/);
const endless = timedOut(/did not finish its reply within 900 s/);
const failed: Ending = [
  'ERR_MODEL_SERVER',
  /The service failed \(inside the reply\): The server had an error/,
];

/** Each kind of the simulator's faults, with what comes of it where the reply is whole, and where it is streamed. */
const table: readonly (readonly [fault: JsonObject, whole: Ending, streamed: Ending])[] = [
  [{kind: 'slow', factor: 3, after_ms: 20}, 'whole', 'whole'],
  [
    {kind: 'status'},
    ['ERR_MODEL_SERVER', /The service failed \(500\)/],
    ['ERR_MODEL_SERVER', /The service failed \(500\)/],
  ],
  [
    {kind: 'html'},
    ['ERR_MODEL_SERVER', /\(502\): an HTML page/],
    ['ERR_MODEL_SERVER', /\(502\): an HTML page/],
  ],
  [
    {kind: 'empty_body'},
    ['ERR_MODEL_MALFORMED', /answered 200, but its reply is empty/],
    ['ERR_MODEL_MALFORMED', /answered 200, but its reply is empty/],
  ],
  [{kind: 'reset'}, network, network],
  [{kind: 'reset', at: 0.5}, broken, broken],
  [{kind: 'half_close'}, network, network],
  [{kind: 'half_close', at: 0.5}, broken, broken],
  [{kind: 'hang'}, silent, silent],
  [{kind: 'endless_headers'}, silent, silent],
  [{kind: 'truncate'}, broken, broken],
  [{kind: 'truncate', clean: true}, cutBody, cutStream],
  [{kind: 'stall'}, stopped, stopped],
  [{kind: 'drip'}, endless, endless],
  [{kind: 'endless_body', interval_ms: 20_000}, endless, endless],
  [
    {kind: 'malformed_json'},
    cutBody,
    ['ERR_MODEL_MALFORMED', /malformed: a frame of the stream is not JSON/],
  ],
  [{kind: 'in_stream_error'}, failed, failed],
  [{kind: 'missing_done'}, 'whole', 'whole'],
  [{kind: 'dup_frame', at: 0.4}, 'whole', 'whole'],
  [{kind: 'dup_frame', at: 0.99}, 'whole', 'whole'],
  [{kind: 'split_utf8'}, 'whole', 'whole'],
  [{kind: 'wrong_length'}, stopped, stopped],
  [{kind: 'wrong_length', excess_bytes: -700}, cutBody, cutStream],
  // The client library takes an interim reply that nobody asked for to be no reply.
  [{kind: 'interim'}, network, network],
  [{kind: 'interim', code: 103}, 'whole', 'whole'],
];

const faults = table.map(([fault]) => fault);

/** An answer that has come whole, counted once, with its reward; never a part of one. */
const completed = {
  reward: 1,
  response: {status: 'completed', output: [{content: [{text: answer}]}], usage: {output_tokens: 4}},
};

function expectEnd({record, failure}: RowEnd, ending: Ending, place: 'policy' | 'judge', name: string): void {
  if (ending === 'whole') {
    expect([record, failure], name).toEqual([expect.objectContaining({}), undefined]);
    expect(record, name).toMatchObject(completed);
    return;
  }
  const [code, message] = ending;
  expect(record, name).toBeUndefined();
  expect(failure, name).toMatchObject({
    _ng_failure_terminal: false,
    _ng_failure: {
      code: place === 'judge' ? 'ERR_JUDGE_CALL' : code,
      message: expect.stringMatching(message) as string,
      hint: code === 'ERR_MODEL_TIMEOUT' ? (expect.stringMatching(/`timeouts\.\w+_s`/) as string) : anyHint,
    },
  });
  expect(failure, name).not.toHaveProperty('reward');
  const own = code === 'ERR_MODEL_SERVER' && /500/.test(message.source);
  const failureClass = own ? 'agent_run_error' : 'agent_request_failed';
  expect(failure?.['_ng_failure_class'], name).toBe(place === 'judge' ? 'judge_failed' : failureClass);
  // The policy's answer is kept where only the judge failed.
  expect(asJsonObject(failure?.['response'])?.['status'], name).toBe(
    place === 'judge' ? 'completed' : undefined,
  );
}

const anyHint = expect.toBeOneOf([null, expect.any(String)]) as string;

describe('a run in which every kind of fault strikes', () => {
  it.each([
    ['policy', false, 'chat_completions'],
    ['policy', true, 'chat_completions'],
    ['policy', true, 'responses'],
    ['judge', false, 'responses'],
    ['judge', true, 'chat_completions'],
  ] as const)('ends by itself and says why: %s, stream: %s, %s', async (place, stream, api) => {
    const {end, rows} = await collectWithFaults({faults, place, stream, api});
    expect(end).toBe('complete');
    for (const [index, row] of rows.entries()) {
      const [fault, whole, streamed] = table[index] ?? [{}, 'whole', 'whole'];
      expectEnd(row, stream ? streamed : whole, place, JSON.stringify(fault));
    }
  });
});
