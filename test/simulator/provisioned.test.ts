import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {ask, openSimulator} from './open-simulator.ts';

// 1,000 tokens a second; ten seconds of it are 100 %; a token of output counts for four.
const ptu = {units: 24, window_s: 10};
const answers = [{text: 'ok'}];

function setUp(deployments: JsonObject) {
  const clock = createFakeClock();
  return openSimulator({deployments, latency: {ttft_ms: 0}, answers}, {clock}).then((simulator) => ({
    clock,
    simulator,
    [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
  }));
}

/** A request that is estimated at so many thousand tokens. */
const weighing = (thousands: number): JsonObject => ask('x', {max_tokens: thousands * 250});
const header = (name: string) => (reply: {headers: Readonly<Record<string, unknown>>}) => reply.headers[name];
const utilization = header('azure-openai-deployment-utilization');

describe('a deployment with provisioned throughput', () => {
  it('tells its utilisation with successes, and no quota', async () => {
    await using set = await setUp({'gpt-4o': {ptu}});
    const reply = await set.simulator.chat(weighing(5));
    expect([reply.status, utilization(reply)]).toEqual([200, '50.0%']);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
  });

  it('takes back what a request was estimated at and did not take', async () => {
    await using set = await setUp({'gpt-4o': {ptu}});
    const replies = [await set.simulator.chat(weighing(9)), await set.simulator.chat(weighing(9))];
    expect(replies.map(utilization)).toEqual(['90.0%', expect.stringMatching(/^90\.\d%$/)]);
  });

  it('refuses above 100 %, with a wait to the millisecond', async () => {
    await using set = await setUp({'gpt-4o': {ptu, latency: {ttft_ms: 60_000}}});
    const {clock, simulator} = set;
    const held = [simulator.chat(weighing(9.9)), simulator.chat(weighing(0.5))];
    while (simulator.ledger.summary().in_flight < 2) await new Promise(setImmediate);
    const refused = await simulator.chat(weighing(1));
    expect([refused.status, refused.json.error.code]).toEqual([429, '429']);
    expect([header('retry-after-ms')(refused), header('retry-after')(refused)]).toEqual(['402', '1']);
    const [entry] = simulator.ledger.entries(2);
    expect(entry).toMatchObject({decision: 'rate-limit', utilization: 1.04, cost: 1_001});
    await clock.advance(61_000);
    await Promise.all(held);
  });

  it('costs nothing where a fault came instead of an answer', async () => {
    const faults = [{kind: 'status', code: 502, first: 1}];
    await using set = await setUp({'gpt-4o': {ptu, faults}});
    expect((await set.simulator.chat(weighing(10))).status).toBe(502);
    expect(utilization(await set.simulator.chat(weighing(5)))).toBe('50.0%');
  });
});

describe('spill-over', () => {
  const full: JsonObject = {ptu: {units: 24, window_s: 0.001}, spillover: 'standard'};

  it.each([
    ['429', 429, full],
    ['500', 500, {ptu, spillover: 'standard', faults: [{kind: 'status', code: 500}]}],
    ['503', 503, {ptu, spillover: 'standard', faults: [{kind: 'status', code: 503}]}],
  ])('hands on what the provisioned deployment answers with %s, and says so', async (_, status, settings) => {
    await using set = await setUp({'gpt-4o': settings, standard: {tpm: 10_000}});
    const {simulator} = set;
    // Any answer is more than a thousandth of a second's work.
    if (status === 429) await simulator.chat(ask('x'));
    const reply = await simulator.chat(ask('x', {max_tokens: 10}));
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'x-ms-spillover-from-deployment': 'gpt-4o',
      'x-ms-spillover-error': String(status),
      'x-ms-deployment-name': 'standard',
      'x-ratelimit-limit-tokens': '10000',
    });
    expect(utilization(reply)).toBeUndefined();
    const {by_deployment: byDeployment} = simulator.ledger.summary();
    expect(byDeployment['gpt-4o']).toMatchObject({spilled: 1});
    expect(byDeployment['standard']).toMatchObject({requests: 1, rejected: 0});
    expect(simulator.ledger.entries().at(-1)).toMatchObject({
      ...{deployment: 'standard', spilled_from: 'gpt-4o', spillover_error: status, status: 200},
    });
  });

  it('gives the standard deployment the last word, and still says where the request came from', async () => {
    const faults = [{kind: 'status', code: 500}];
    await using set = await setUp({'gpt-4o': {ptu, spillover: 'standard', faults}, standard: {tpm: 5}});
    const reply = await set.simulator.chat(ask('x', {max_tokens: 10}));
    expect([reply.status, header('x-ms-spillover-error')(reply)]).toEqual([429, '500']);
  });

  it('is asked for by a request too, and happens for no other status', async () => {
    const faults = [
      {kind: 'status', code: 503, match: {text: 'full'}},
      {kind: 'status', code: 502},
    ];
    await using set = await setUp({'gpt-4o': {ptu, faults}, standard: {}});
    const headers = {'x-ms-spillover-deployment': 'standard'};
    const statuses = [
      await set.simulator.chat(ask('full'), {headers}),
      await set.simulator.chat(ask('broken'), {headers}),
      await set.simulator.chat(ask('full')),
    ].map(({status}) => status);
    expect(statuses).toEqual([200, 502, 503]);
  });
});
