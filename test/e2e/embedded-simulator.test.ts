import {writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {serve} from './running-servers.ts';

const yaml = `
sim:
  simulators:
    azure_openai_simulator:
      deployments: {gpt: {}}
      answers: [{echo: true}]
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: {type: simulators, name: sim}
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
server_token: token-of-these-servers
`;

describe('a simulator inside of `rollcall run`', () => {
  it.each([
    ['stays on loopback when the servers listen everywhere', ['+default_host=0.0.0.0'], '127.0.0.1'],
    [
      'listens where it is told to, behind the token',
      ['+sim.simulators.azure_openai_simulator.host=0.0.0.0'],
      '0.0.0.0',
    ],
  ])('%s, and its model reaches it', async (_, words, host) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('a.yaml'), yaml);
    await using running = await serve(['--config', 'a.yaml', ...words], {cwd: folder.path});
    expect(new URL(running.url('sim')).hostname).toBe(host);
    const reply = await fetch(`${running.url('policy_model').replace('0.0.0.0', '127.0.0.1')}/v1/responses`, {
      method: 'POST',
      headers: {authorization: 'Bearer token-of-these-servers'},
      body: JSON.stringify({input: 'Hello there'}),
    });
    expect([reply.status, await reply.json()]).toMatchObject([
      200,
      {object: 'response', status: 'completed'},
    ]);
    if (host === '127.0.0.1') return;
    const open = await fetch(`${running.url('sim').replace('0.0.0.0', '127.0.0.1')}/__sim/ledger`);
    expect(open.status).toBe(401);
  });
});
