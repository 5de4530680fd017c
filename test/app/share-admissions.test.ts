import {describe, expect, it} from 'vitest';
import {shareAdmissions} from '../../src/app/share-admissions.ts';
import {normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

function address(baseUrl: string, deployment: string, limit?: number, tokensPerMinute?: number) {
  return {
    endpoint: normalizeEndpoint({baseUrl, model: deployment, apiVersion: '2024-10-21'}),
    deployment,
    limit,
    quota: {tokensPerMinute},
  };
}

describe('admissions', () => {
  it('are one for all instances of a deployment, with the smallest of their limits', () => {
    const [policy, judge] = shareAdmissions(
      [address('https://a.openai.azure.com', 'gpt', 8), address('a.openai.azure.com/openai/', 'gpt', 3)],
      createFakeClock(),
    );
    expect(policy?.admission).toBe(judge?.admission);
    expect([policy?.limit, judge?.limit]).toEqual([3, 3]);
  });

  it('find their limit out where no instance sets one', () => {
    const [policy, judge] = shareAdmissions(
      [address('https://a.openai.azure.com', 'gpt'), address('https://a.openai.azure.com', 'gpt')],
      createFakeClock(),
    );
    expect(policy).toMatchObject({isAdaptive: true, limit: 8_192, admission: {limit: 10}});
    expect(judge?.admission).toBe(policy?.admission);
  });

  it('keep to the smallest quota that any instance sets', async () => {
    const [, judge] = shareAdmissions(
      [
        address('https://a.openai.azure.com', 'gpt', 8, 500),
        address('https://a.openai.azure.com', 'gpt', 8, 900),
      ],
      createFakeClock(),
    );
    const ask = {priority: 'new', cancellation: neverCancelled, tokens: () => 400} as const;
    await judge?.admission.admit(ask);
    expect(judge?.admission.hasRoom).toBe(true);
    void judge?.admission.admit(ask);
    expect(judge?.admission.waiting).toBe(1);
  });

  it('are apart for other deployments and other resources', () => {
    const shared = shareAdmissions(
      [
        address('https://a.openai.azure.com', 'gpt', 8),
        address('https://a.openai.azure.com', 'mini', 4),
        address('https://b.openai.azure.com', 'gpt', 2),
      ],
      createFakeClock(),
    );
    expect(new Set(shared.map(({admission}) => admission)).size).toBe(3);
    expect(shared.map(({limit}) => limit)).toEqual([8, 4, 2]);
  });
});
