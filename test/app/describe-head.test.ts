import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {headInstance, type OpenInstance, renderHeadConfig} from '../../src/app/describe-head.ts';

const judge: OpenInstance = {
  name: 'judge',
  settings: {name: 'judge', path: 'judge.resources_servers.equivalence_llm_judge', entrypoint: 'app.py'},
  host: '127.0.0.1',
  port: 14_002,
  url: 'http://127.0.0.1:14002',
  startedAt: 1_500,
};
const gateway: OpenInstance = {...judge, name: 'gateway', settings: undefined, port: 8080};
const masked = {
  judge: {resources_servers: {equivalence_llm_judge: {domain: 'math'}}},
  head_server: {port: 0},
  policy_api_key: '****',
};
const head = {host: '127.0.0.1', port: 11_000};

describe('renderHeadConfig', () => {
  it('says of each server, and of the head, where it listens', () => {
    expect(parse(renderHeadConfig(masked, [judge, gateway], head))).toEqual({
      judge: {resources_servers: {equivalence_llm_judge: {domain: 'math', host: '127.0.0.1', port: 14_002}}},
      head_server: head,
      policy_api_key: '****',
    });
  });

  it('gives the head server an address where the configuration says nothing of it', () => {
    expect(parse(renderHeadConfig({}, [], head))).toEqual({head_server: head});
  });

  it.each(['::1', '[::1]'])('writes an IPv6 host as URLs have it: %s', (host) => {
    const text = renderHeadConfig(masked, [{...judge, host}], {...head, host});
    expect(parse(text)).toMatchObject({
      judge: {resources_servers: {equivalence_llm_judge: {host: '[::1]'}}},
      head_server: {host: '[::1]'},
    });
  });
});

describe('headInstance', () => {
  it("speaks of a server in NeMo Gym's words", () => {
    expect(headInstance(judge)).toMatchObject({
      processName: 'judge',
      serverType: 'resources_servers',
      name: 'equivalence_llm_judge',
      entrypoint: 'app.py',
      port: 14_002,
      startTime: 1.5,
    });
  });

  it('has a word of its own for the gateway', () => {
    expect(headInstance(gateway)).toMatchObject({processName: 'gateway', serverType: 'gateways', port: 8080});
  });
});
