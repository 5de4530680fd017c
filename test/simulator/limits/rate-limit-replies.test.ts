import {describe, expect, it} from 'vitest';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {ask, containing, matching, openSimulator} from '../open-simulator.ts';

describe('a deployment with a quota', () => {
  it('says what is left on success, and how long to wait on refusal', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator({deployments: {'gpt-4o': {rpm: 12, tpm: 2_000}}}, {clock});
    const first = await simulator.chat(ask('x'.repeat(28), {max_tokens: 92}));
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit-requests': '12',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-limit-tokens': '2000',
      'x-ratelimit-remaining-tokens': '1900',
    });
    await simulator.chat(ask('x'));
    const third = await simulator.chat(ask('x'));
    expect(third.status).toBe(429);
    expect(third.headers).toMatchObject({'retry-after': '10', 'retry-after-ms': '10000'});
    expect(third.headers['x-ratelimit-remaining-tokens']).toBeUndefined();
    expect(third.json.error).toMatchObject({
      code: '429',
      message: matching(/ChatCompletions_Create Operation.*exceeded call rate limit.*retry after 10 seconds/),
    });
    await clock.advance(10_000);
    expect((await simulator.chat(ask('x'))).status).toBe(200);
  });

  it('charges 640 tokens and the prompt where no maximum is set', async () => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {tpm: 10_000}}});
    const answered = await simulator.chat(ask('x'.repeat(28)));
    expect(answered.headers['x-ratelimit-remaining-tokens']).toBe('9352');
  });

  it.each([
    ['gpt-35-turbo-0125', {}, 9_984],
    ['gpt-35-turbo-0125', {max_tokens: 100}, 9_900],
  ])('charges %s with %j by its own rule', async (model, more, left) => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {model, tpm: 10_000}}});
    const answered = await simulator.chat(ask('x'.repeat(400), more));
    expect(answered.headers['x-ratelimit-remaining-tokens']).toBe(String(left));
  });

  it('words the refusal of the v1 surface as the newer service does', async () => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {tpm: 700}}});
    await simulator.send('/openai/v1/responses', {body: {model: 'gpt-4o', input: 'x'}});
    const refused = await simulator.send('/openai/v1/responses', {body: {model: 'gpt-4o', input: 'x'}});
    expect(refused.status).toBe(429);
    expect(refused.json.error).toMatchObject({
      code: 'too_many_requests',
      message: containing('exceeded the token rate limit'),
    });
  });
});
