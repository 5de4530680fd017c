import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {openTestService} from './open-test-service.ts';

describe('openService', () => {
  it('answers its routes, its health and its metrics', async () => {
    await using service = await openTestService([
      {method: 'POST', path: '/echo', handle: ({body}) => ({body: {json: body ?? null}})},
    ]);
    const echoed = await request(`${service.url}/echo`, {method: 'POST', body: '{"a":12345678901234567890}'});
    expect(await echoed.body.text()).toBe('{"a":12345678901234567890}');
    const health = await request(`${service.url}/healthz`);
    expect(await health.body.json()).toEqual({status: 'ok'});
    const metrics = await request(`${service.url}/metrics`);
    expect(await metrics.body.text()).toContain('rollcall_requests_total{server="policy_model",kind="model"');
  });
});
