import {writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {openScriptedServer, reply} from '../azure/scripted-server.ts';
import {runProgram} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

// Stands in for the library: its token tells what it was asked for.
const library = `{
  AzureAuthorityHosts: {AzureGovernment: 'gov', AzureChina: 'china'},
  DefaultAzureCredential: class {
    constructor(options = {}) { this.cloud = options.authorityHost ?? 'public'; }
    async getToken(scope) {
      return {token: [this.cloud, scope].join('|'), expiresOnTimestamp: Date.now() + 3600000};
    }
  },
}`;

/** A script that puts the value of `code` in the place of @azure/identity, or refuses to load it. */
function standIn(code: string | undefined): string {
  const answer = code === undefined ? `throw new Error('the library was loaded')` : `return ${code}`;
  return `const loader = require('node:module');
    const load = loader._load;
    loader._load = function (name, ...rest) {
      if (name.startsWith('@azure/')) ${answer};
      return load.call(this, name, ...rest);
    };`;
}

const completion = {choices: [{index: 0, finish_reason: 'stop', message: {role: 'assistant', content: 'x'}}]};

async function collect(settings: object, code: string | undefined) {
  await using folder = await createTempFolder();
  await using server = await openScriptedServer((socket) => socket.write(reply(200, completion)));
  const model = {openai_base_url: server.origin, openai_model: 'dep', ...settings};
  const config = {policy_model: {responses_api_models: {azure_openai_model: model}}};
  await writeFile(folder.file('model.yaml'), JSON.stringify(config));
  await writeFile(folder.file('stand-in.cjs'), standIn(code));
  await writeFile(folder.file('in.jsonl'), '{"prompt":"Say it."}\n');
  const {exitCode, stderr} = await runProgram(
    ['collect-rollouts', '--config', 'model.yaml', '-i', 'in.jsonl', '-o', 'out.jsonl'],
    {cwd: folder.path, env: {NODE_OPTIONS: `--require=${folder.file('stand-in.cjs')}`}},
  );
  expect({exitCode, stderr: exitCode === 0 ? '' : stderr}).toEqual({exitCode: 0, stderr: ''});
  return server.requests[0] ?? '';
}

describe('@azure/identity', () => {
  it.each([
    ['a key', {openai_api_key: 'key-0123456789'}, 'api-key: key-0123456789'],
    [
      'a token',
      {openai_api_key: 'token-0123456789', auth: 'bearer'},
      'authorization: Bearer token-0123456789',
    ],
  ])('is not loaded by those who have %s', async (_, settings, header) => {
    expect(await collect(settings, undefined)).toContain(`${header}\r\n`);
  });

  it.each([
    ['public', undefined, 'https://cognitiveservices.azure.com/.default'],
    ['public', 'https://ai.azure.com/.default', 'https://ai.azure.com/.default'],
    ['gov', 'https://cognitiveservices.azure.us/.default', 'https://cognitiveservices.azure.us/.default'],
    ['china', 'https://cognitiveservices.azure.cn/.default', 'https://cognitiveservices.azure.cn/.default'],
  ])('is asked for a token of the %s cloud (scope %s)', async (cloud, entraScope, scope) => {
    const scopeSetting = entraScope === undefined ? {} : {entra_scope: entraScope};
    expect(await collect({auth: 'entra_id', ...scopeSetting}, library)).toContain(
      `authorization: Bearer ${cloud}|${scope}\r\n`,
    );
  });
});
