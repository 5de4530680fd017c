import {expect, it} from 'vitest';
import {serve} from './running-servers.ts';
import {setUpWorkplace} from './workplace.ts';

const configuration = `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: \${policy_base_url}
      openai_api_key: \${policy_api_key}
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
      num_concurrent_requests: 1
solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
`;

it('lets no more calls to a deployment than its limit through all doors and agents together', async () => {
  const latency = {ttft_ms: 5, per_token_ms: 1};
  await using place = await setUpWorkplace({simulator: {deployments: {gpt: {latency}}}});
  await place.write('servers.yaml', configuration);
  await using running = await serve(['--config', 'servers.yaml'], {cwd: place.folder.path});
  const post = async (url: string, body: unknown): Promise<number> => {
    const reply = await fetch(url, {method: 'POST', body: JSON.stringify(body)});
    await reply.text();
    return reply.status;
  };
  const messages = [{role: 'user', content: 'Hello'}];
  const model = running.url('policy_model');
  const asked = Array.from({length: 4}, (_, index) => [
    post(`${model}/v1/chat/completions`, {messages}),
    post(`${model}/v1/chat/completions`, {messages, stream: true}),
    post(`${model}/v1/responses`, {input: 'Hello'}),
    post(`${model}/v1/responses`, {input: 'Hello', stream: true}),
    post(`${running.url('solver')}/run`, {
      responses_create_params: {input: 'Hello'},
      _ng_task_index: index,
      _ng_rollout_index: 0,
    }),
    post(`${running.url('solver')}/v1/responses`, {input: 'Hello'}),
  ]).flat();
  expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
  expect(place.simulator.ledger.summary()).toMatchObject({
    requests: asked.length,
    in_flight: 0,
    in_flight_peak: 1,
  });
});
