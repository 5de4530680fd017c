import OpenAI, {AzureOpenAI} from 'openai';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {reply} from '../azure/scripted-server.ts';
import {
  backend,
  gatewayKey,
  provider,
  type RunningGateway,
  refTo,
  route,
  secret,
  serveManifests,
} from './gateway-manifests.ts';
import {answerTo, openResource, type ScriptedResource} from './upstream-replies.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

const version = '2025-04-01-preview';
const embedding = 'text-embedding-3-small';
const authToken = {kind: 'SecretRef', secretRef: {name: 'azure-key'}};
const messages = [{role: 'user' as const, content: 'Say this.'}];

/** One Backend of each generation of the documents, with its route. */
function generations(endpoint: string): readonly JsonObject[] {
  const azureopenai = {endpoint, deploymentName: 'gpt', apiVersion: version, authToken};
  const kgateway = (name: string, ai: JsonObject): JsonObject => ({
    apiVersion: 'gateway.kgateway.dev/v1alpha1',
    kind: 'Backend',
    metadata: {name},
    spec: {type: 'AI', ai},
  });
  const ref = (name: string) => ({group: 'gateway.kgateway.dev', kind: 'Backend', name});
  return [
    kgateway('a', {llm: {provider: {azureopenai}}}),
    route('/a', [ref('a')]),
    kgateway('b', {llm: {azureopenai}}),
    route('/b', [ref('b')]),
    backend('c', [[provider('one', endpoint, 'gpt', version)]]),
    route('/c', [refTo('c')]),
    backend('v', [[provider('one', endpoint, 'gpt', 'v1')]]),
    route('/v', [refTo('v')]),
  ];
}

describe('a gateway before the simulator', () => {
  let place: Workplace;
  let gateway: RunningGateway;

  beforeAll(async () => {
    place = await setUpWorkplace({
      simulator: {
        keys: [gatewayKey],
        answers: [{echo: true}],
        deployments: {gpt: {content_filter: {block_prompt: ['forbidden']}}, [embedding]: {model: embedding}},
      },
    });
    const {url} = place.simulator;
    gateway = await serveManifests([
      secret,
      ...generations(url),
      backend('free', [[{name: 'free', azureopenai: {endpoint: url}}]]),
      route('/free', [refTo('free')]),
    ]);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  it.each(['/a', '/b', '/c', '/v'])('serves the official client in all its forms below %s', async (path) => {
    for (const baseURL of [`${gateway.url}${path}`, `${gateway.url}${path}/v1`]) {
      const client = new OpenAI({baseURL, apiKey: 'any', maxRetries: 0});
      const {data, response, request_id} = await client.chat.completions
        .create({model: '', messages})
        .withResponse();
      expect(data).toMatchObject({choices: [{message: {content: 'Say this.'}}]});
      expect(request_id).toMatch(/./);
      expect(response.headers.get('x-rollcall-deployment')).toBe('gpt');
      expect(await client.chat.completions.stream({model: '', messages}).finalContent()).toBe('Say this.');
      const answer = await client.responses.create({model: 'gpt-4o', input: 'Say this.'});
      expect(answer.output_text).toBe('Say this.');
      const streamed = await client.responses.stream({model: '', input: 'Say this.'}).finalResponse();
      expect(streamed.output_text).toBe('Say this.');
      expect((await client.models.list()).data.map(({id}) => id)).toEqual(['gpt']);
      const refused = client.chat.completions.create({
        model: '',
        messages: [{role: 'user', content: 'forbidden'}],
      });
      await expect(refused).rejects.toMatchObject({status: 400, code: 'content_filter'});
      const unknown = client.post('/images/generations', {body: {prompt: 'x'}});
      await expect(unknown).rejects.toMatchObject({status: 404, code: 'path_not_served'});
    }
  });

  it.each(['/a', '/b', '/c', '/v'])('serves the official Azure client below %s', async (path) => {
    const endpoint = gateway.url + path;
    const client = new AzureOpenAI({endpoint, apiKey: 'any', apiVersion: '2024-10-21', maxRetries: 0});
    const completion = await client.chat.completions.create({model: 'another', messages});
    expect(completion.choices[0]?.message.content).toBe('Say this.');
    expect(await client.chat.completions.stream({model: 'another', messages}).finalContent()).toBe(
      'Say this.',
    );
    expect((await client.responses.create({model: 'another', input: 'Say this.'})).output_text).toBe(
      'Say this.',
    );
    expect((await client.models.list()).data.map(({id}) => id)).toEqual(['gpt']);
  });

  it('takes the client’s model for the deployment where a backend has none', async () => {
    const client = new OpenAI({baseURL: `${gateway.url}/free/v1`, apiKey: 'any', maxRetries: 0});
    const whole = await client.embeddings.create({model: embedding, input: ['a', 'b'], dimensions: 8});
    expect(whole.data.map((each) => each.embedding.length)).toEqual([8, 8]);
    const floats = await client.embeddings.create({model: embedding, input: 'a', encoding_format: 'float'});
    expect(floats.data[0]?.embedding).toHaveLength(1536);
    const {data, response} = await client.chat.completions.create({model: 'gpt', messages}).withResponse();
    expect(data.choices[0]?.message.content).toBe('Say this.');
    expect(response.headers.get('x-rollcall-deployment')).toBe('gpt');
    await expect(client.chat.completions.create({model: 'gtp', messages})).rejects.toMatchObject({
      status: 404,
      code: 'DeploymentNotFound',
    });
    await expect(client.chat.completions.create({model: '', messages})).rejects.toMatchObject({
      status: 400,
      code: 'missing_model',
    });
    await expect(client.embeddings.create({model: 'gpt', input: 'a'})).rejects.toMatchObject({status: 400});
    const azure = new AzureOpenAI({endpoint: `${gateway.url}/free`, apiKey: 'any', apiVersion: '2024-10-21'});
    expect((await azure.embeddings.create({model: embedding, input: 'a'})).data).toHaveLength(1);
  });
});

describe('a gateway before scripted resources', () => {
  let resource: ScriptedResource;
  let gateway: RunningGateway;
  const ai = {
    overrides: [
      {field: 'temperature', value: 0},
      {field: 'metadata', value: {team: 'red'}},
    ],
    defaults: [
      {field: 'temperature', value: 1},
      {field: 'top_p', value: 0.5},
    ],
    modelAliases: {fast: 'mini', 'big-*': 'large'},
    prompt: {
      prepend: [{role: 'system', content: 'Before.'}],
      append: [{role: 'user', content: 'After.'}],
    },
  };

  beforeAll(async () => {
    resource = await openResource({
      picky: (socket, request) => {
        const denied = reply(401, {error: {code: '401', message: 'Access denied.'}});
        socket.write(/\r\nauthorization: Bearer good\r\n/i.test(request) ? answerTo(request) : denied);
      },
    });
    const {origin} = resource;
    gateway = await serveManifests([
      secret,
      backend('passing', [[provider('one', origin, 'picky')]], {auth: {passthrough: {}}}),
      route('/passing', [refTo('passing')]),
      backend('shaped', [[{name: 'one', azureopenai: {endpoint: origin}}]], {ai}),
      route('/shaped', [refTo('shaped')]),
      backend('heavy', [[provider('one', origin, 'heavy')]]),
      backend('light', [[provider('one', origin, 'light')]]),
      backend('none', [[provider('one', origin, 'none')]]),
      route('/weighted', [refTo('heavy', 90), refTo('light', 10), refTo('none', 0)]),
      route('/empty', [refTo('none', 0)]),
    ]);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await resource[Symbol.asyncDispose]();
  });

  it('passes the client’s own key on, and tells the client of a wrong one, every time', async () => {
    const clientOf = (apiKey: string) =>
      new OpenAI({baseURL: `${gateway.url}/passing`, apiKey, maxRetries: 0});
    const wrong = () => clientOf('bad').chat.completions.create({model: '', messages});
    await expect(wrong()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(wrong()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    expect((await clientOf('good').chat.completions.create({model: '', messages})).choices).toHaveLength(1);
    const asked = resource.asked('picky').join();
    expect(asked).not.toContain('canary');
    expect(gateway.program.stderr()).not.toContain('set aside');
  });

  it('shapes what it sends as its policies say', async () => {
    const client = new OpenAI({baseURL: `${gateway.url}/shaped/v1`, apiKey: 'any', maxRetries: 0});
    await client.chat.completions.create({model: 'fast', messages, temperature: 2});
    expect(sentTo('mini')).toMatchObject({
      ...{model: 'mini', temperature: 0, top_p: 0.5, metadata: {team: 'red'}},
      messages: [...ai.prompt.prepend, ...messages, ...ai.prompt.append],
    });
    await client.responses.create({model: 'big-one', input: 'Say this.', top_p: 1});
    expect(sentTo('large')).toMatchObject({
      ...{model: 'large', temperature: 0, top_p: 1},
      input: [...ai.prompt.prepend, ...messages, ...ai.prompt.append],
    });
  });

  it('shares requests out by weight', async () => {
    for (let count = 0; count < 60; count++) await post('/weighted', {messages});
    const [heavy, light] = ['heavy', 'light'].map((name) => resource.asked(name).length);
    expect((heavy ?? 0) + (light ?? 0)).toBe(60);
    expect(heavy).toBeGreaterThan(light ?? 60);
    expect(resource.asked('none')).toEqual([]);
    const empty = await post('/empty', {messages});
    expect([empty.status, await empty.json()]).toMatchObject([500, {error: {code: 'no_backend'}}]);
  });

  function post(path: string, body: unknown): Promise<Response> {
    return fetch(gateway.url + path, {method: 'POST', body: JSON.stringify(body)});
  }

  function sentTo(deployment: string): unknown {
    const request = resource.asked(deployment).at(-1) ?? '';
    expect(request).toContain(`\r\napi-key: ${gatewayKey}\r\n`);
    return JSON.parse(request.slice(request.indexOf('\r\n\r\n') + 4));
  }
});
