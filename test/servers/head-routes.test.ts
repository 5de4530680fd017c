import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {type HeadInstance, headRoutes} from '../../src/servers/head-routes.ts';
import {openTestService} from './open-test-service.ts';

const instance: HeadInstance = {
  processName: 'policy_model',
  serverType: 'responses_api_models',
  name: 'azure_openai_model',
  entrypoint: 'app.py',
  host: '127.0.0.1',
  port: 10_001,
  url: 'http://127.0.0.1:10001',
  pid: 42,
  startTime: 1_750_000_000.5,
};

describe('the head server', () => {
  it('lists what runs with NeMo Gym’s own keys', async () => {
    const instances: HeadInstance[] = [];
    await using service = await openTestService(
      headRoutes({instances: () => instances, deployments: () => [], maskedConfig: () => 'a: 1\n'}),
    );
    const list = async () => (await request(`${service.url}/server_instances`)).body.json();
    expect(await list()).toEqual([]);
    instances.push(instance);
    expect(await list()).toEqual([
      {
        process_name: 'policy_model',
        server_type: 'responses_api_models',
        name: 'azure_openai_model',
        dir_path: 'responses_api_models/azure_openai_model',
        entrypoint: 'app.py',
        host: '127.0.0.1',
        port: 10_001,
        url: 'http://127.0.0.1:10001',
        pid: 42,
        config_path: 'policy_model',
        start_time: 1_750_000_000.5,
        status: 'success',
      },
    ]);
  });

  it('lists the deployments behind its models, each with how it is', async () => {
    const calls = {inFlight: 3, waiting: 1};
    const deployments = () => [
      {model: 'policy_model', name: 'west', standing: 'resting', ...calls},
      {model: 'judge_model', name: undefined, standing: 'serving', ...calls},
    ];
    await using service = await openTestService(
      headRoutes({instances: () => [], deployments, maskedConfig: () => ''}),
    );
    expect(await (await request(`${service.url}/deployments`)).body.json()).toEqual([
      {model: 'policy_model', name: 'west', state: 'resting', in_flight: 3, waiting: 1},
      {model: 'judge_model', name: null, state: 'serving', in_flight: 3, waiting: 1},
    ]);
  });

  it('gives the configuration as a JSON string that holds YAML, and says that it is there', async () => {
    const yaml = 'policy_model:\n  key: "****"\n';
    await using service = await openTestService(
      headRoutes({instances: () => [], deployments: () => [], maskedConfig: () => yaml}),
    );
    const {headers, body} = await request(`${service.url}/global_config_dict_yaml`);
    expect(headers['content-type']).toBe('application/json');
    expect(await body.json()).toBe(yaml);
    expect(await (await request(service.url)).body.json()).toEqual({status: 'ok'});
  });
});
