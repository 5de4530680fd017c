import {expect, it} from 'vitest';
import {poolNames} from '../../src/app/pool-names.ts';
import {normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {modelConfigOf} from '../../src/config/model-config.ts';

function entry(
  baseUrl: string,
  deployment: string,
  {name, simulator}: {name?: string; simulator?: string} = {},
) {
  const openaiBaseUrl = simulator === undefined ? baseUrl : ({type: 'simulators', name: simulator} as const);
  return {
    ...{name, deployment, endpoint: normalizeEndpoint({baseUrl, model: deployment})},
    settings: modelConfigOf({name: 'policy_model', path: 'a', openaiBaseUrl}),
  };
}

it('are those that are given, else the deployments, with the resource where two have the same', () => {
  const names = poolNames([
    entry('https://contoso-eu.openai.azure.com', 'gpt'),
    entry('https://contoso-west.openai.azure.com', 'gpt'),
    entry('https://contoso-west.openai.azure.com', 'mini'),
    entry('https://contoso-west.openai.azure.com', 'gpt-2', {name: 'reserved'}),
    entry('https://gateway.contoso.com:8443/azure/openai/v1', 'gpt'),
    entry('http://127.0.0.1:40123', 'gpt', {simulator: 'sim_west'}),
  ]);
  expect(names).toEqual([
    'gpt@contoso-eu',
    'gpt@contoso-west',
    'mini',
    'reserved',
    'gpt@gateway.contoso.com:8443',
    'gpt@sim_west',
  ]);
});

it('keep apart from a name that is given', () => {
  expect(
    poolNames([
      entry('https://contoso-eu.openai.azure.com', 'mini', {name: 'gpt'}),
      entry('https://contoso-west.openai.azure.com', 'gpt'),
    ]),
  ).toEqual(['gpt', 'gpt@contoso-west']);
});
