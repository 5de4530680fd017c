import {describe, expect, it} from 'vitest';
import {createLedger, type LedgerEntry} from '../../../src/simulator/control/ledger.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {ask, containing, openSimulator, until} from '../open-simulator.ts';

describe('the control plane', () => {
  it('shows every request with its cost, decision and remains, and no key', async () => {
    await using simulator = await openSimulator({
      keys: ['canary-key-123456'],
      deployments: {'gpt-4o': {rpm: 6, tpm: 5_000}},
    });
    const headers = {'api-key': 'canary-key-123456', 'x-ms-client-request-id': 'r-1'};
    await simulator.chat(ask('x'.repeat(8), {max_tokens: 97}), {headers});
    await simulator.chat(ask('x'), {headers});
    await simulator.chat(ask('x'));
    const {json, text} = await simulator.send('/__sim/ledger');
    expect(json.entries).toMatchObject([
      {
        sequence: 1,
        deployment: 'gpt-4o',
        operation: 'chat',
        auth: 'api-key',
        client_request_id: 'r-1',
        decision: 'answer',
        status: 200,
        cost: 100,
        remaining_requests: 0,
        remaining_tokens: 4_900,
        ended: 'sent',
      },
      {sequence: 2, decision: 'rate-limit', status: 429, cost: 641},
      {sequence: 3, decision: 'auth', status: 401, deployment: null, client_request_id: null},
    ]);
    expect(json.summary).toMatchObject({
      requests: 3,
      by_status: {200: 1, 401: 1, 429: 1},
      by_deployment: {'gpt-4o': {requests: 2, rejected: 1, cost: 100}},
      in_flight_peak: 1,
    });
    const config = await simulator.send('/__sim/config');
    expect(config.json).toMatchObject({
      secrets: {keys: 1},
      deployments: {'gpt-4o': {limits: {requestsPerMinute: 6}}},
    });
    expect(text + config.text).not.toContain('canary');
  });

  it('shows what came since a sequence number, and the summary alone', async () => {
    await using simulator = await openSimulator();
    for (const text of ['a', 'b', 'c']) await simulator.chat(ask(text));
    const {json} = await simulator.send('/__sim/ledger?since=2');
    expect(json.entries.map(({sequence}) => sequence)).toEqual([3]);
    expect((await simulator.send('/__sim/ledger/summary')).json.requests).toBe(3);
    expect((await simulator.send('/__sim/ledger?since=x')).status).toBe(400);
  });

  it('resets', async () => {
    await using simulator = await openSimulator();
    await simulator.chat(ask('a'));
    expect((await simulator.send('/__sim/reset', {method: 'POST'})).json).toEqual({reset: true});
    expect(simulator.ledger.summary()).toMatchObject({requests: 0, in_flight: 0, in_flight_peak: 0});
  });

  it('moves a virtual clock, and only that', async () => {
    await using simulator = await openSimulator({
      clock: 'virtual',
      created: 1_000,
      latency: {ttft_ms: 5_000},
      deployments: {'gpt-4o': {rpm: 6}},
    });
    const answer = simulator.chat(ask('a'));
    await until(() => simulator.ledger.summary().in_flight === 1);
    const moved = await simulator.send('/__sim/clock/advance', {body: {ms: 5_000}});
    expect(moved.json).toEqual({now: 1_005_000});
    expect((await answer).status).toBe(200);
    expect((await simulator.send('/__sim/clock/advance', {body: {ms: -1}})).status).toBe(400);
    expect((await simulator.send('/__sim/clock/advance', {body: '{', method: 'POST'})).status).toBe(400);
  });

  it('will not move the real clock', async () => {
    const standing = {...createFakeClock(), advance: undefined};
    await using simulator = await openSimulator({}, {clock: standing});
    expect((await simulator.send('/__sim/clock/advance', {body: {ms: 1}})).status).toBe(409);
  });

  it('asks for its token when it has one', async () => {
    await using simulator = await openSimulator({control_token: 'control-me'});
    expect((await simulator.send('/__sim/ledger')).status).toBe(401);
    expect(
      (await simulator.send('/__sim/ledger', {headers: {authorization: 'Bearer control-me'}})).status,
    ).toBe(200);
  });

  it('lists its routes where there is none', async () => {
    await using simulator = await openSimulator();
    const answered = await simulator.send('/__sim/nothing');
    expect([answered.status, answered.json.error.message]).toEqual([404, containing('GET /__sim/ledger')]);
  });
});

describe('the ledger', () => {
  const entry = (sequence: number): LedgerEntry => ({
    sequence,
    arrived_at: 0,
    method: 'POST',
    path: '/',
    deployment: 'd',
    operation: 'chat',
    api_version: null,
    auth: 'none',
    client_request_id: null,
    request_id: '',
    stream: false,
    decision: 'answer',
    status: 200,
    fault: null,
    cost: 2,
    remaining_requests: null,
    remaining_tokens: null,
    utilization: null,
    spilled_from: null,
    spillover_error: null,
    prompt_tokens: 1,
    completion_tokens: 1,
    ended: null,
    duration_ms: null,
  });

  it('forgets the oldest entries, but counts them all', () => {
    const ledger = createLedger(3);
    for (let sequence = 1; sequence <= 8; sequence++) ledger.record(entry(sequence));
    expect(ledger.entries().map(({sequence}) => sequence)).toEqual([6, 7, 8]);
    expect(ledger.entries(7).map(({sequence}) => sequence)).toEqual([8]);
    expect(ledger.summary()).toMatchObject({
      requests: 8,
      in_flight: 8,
      in_flight_peak: 8,
      by_deployment: {d: {cost: 16}},
    });
  });

  it('knows the most that were in flight at once', () => {
    const ledger = createLedger(3);
    const [one, two] = [entry(1), entry(2)];
    ledger.record(one);
    ledger.record(two);
    ledger.finish(one, 'sent', 5);
    ledger.record(entry(3));
    expect(ledger.summary()).toMatchObject({in_flight: 2, in_flight_peak: 2});
    expect(one).toMatchObject({ended: 'sent', duration_ms: 5});
  });
});
