import {describe, expect, it} from 'vitest';
import {capabilitiesOf, type DeploymentFacts} from '../../src/azure/capabilities.ts';
import {fitRequest} from '../../src/azure/fit-request.ts';
import {chooseFamily, familyOf, unknownFamily} from '../../src/azure/model-family.ts';
import type {JsonObject} from '../../src/core/json.ts';

describe('familyOf', () => {
  it.each([
    ['gpt-35-turbo', 'gpt-3.5'],
    ['gpt-3.5-turbo-16k', 'gpt-3.5'],
    ['gpt-4', 'gpt-4'],
    ['gpt-4-0613', 'gpt-4'],
    ['gpt-4-turbo-2024-04-09', 'gpt-4'],
    ['GPT-4o', 'gpt-4o'],
    ['gpt-4o-mini-2024-07-18', 'gpt-4o'],
    ['gpt-4.1-nano', 'gpt-4.1'],
    ['o1', 'o1'],
    ['o3-mini-2025-01-31', 'o-series'],
    ['o3-pro', 'o-series pro'],
    ['gpt-5', 'gpt-5'],
    ['gpt-5.1', 'gpt-5'],
    ['gpt-5-mini-2025-08-07', 'gpt-5'],
    ['gpt-5-chat-latest', 'gpt-5-chat'],
    ['gpt-5-pro', 'gpt-5-pro'],
    ['gpt-5.1-codex-max', 'codex'],
  ])('takes %s for %s', (model, family) => {
    expect(familyOf(model)?.name).toBe(family);
  });

  it.each(['my-gpt-5', 'gpt-4-deployment', 'prod', 'o3-mini-eu', 'gpt-50', ''])(
    'believes no free text such as %j',
    (name) => {
      expect(familyOf(name)).toBeUndefined();
    },
  );
});

describe('chooseFamily', () => {
  it('lets configuration win over the deployment’s name', () => {
    expect(chooseFamily('o3-mini', 'gpt-4o').name).toBe('o-series');
    expect(chooseFamily('other', 'o3-mini')).toBe(unknownFamily);
    expect(chooseFamily(undefined, 'prod')).toBe(unknownFamily);
  });

  it('refuses a family that nobody knows', () => {
    expect(() => chooseFamily('gtp-5', 'prod')).toThrow(
      expect.objectContaining({code: 'ERR_CONFIG', fault: 'config'}),
    );
  });
});

describe('the limit of tokens', () => {
  it.each([
    ['an unknown deployment at a version that knows it', {}, 'max_completion_tokens'],
    ['an unknown deployment on v1', {style: 'v1', apiVersion: undefined}, 'max_completion_tokens'],
    ['an older version', {apiVersion: '2024-06-01'}, 'max_tokens'],
    ['an older preview', {apiVersion: '2024-08-01-preview'}, 'max_tokens'],
    ['an older family', {family: chooseFamily('gpt-35-turbo', '')}, 'max_tokens'],
    ['a reasoning family', {family: chooseFamily('o3-mini', '')}, 'max_completion_tokens'],
    ['Foundry’s inference API', {style: 'models', apiVersion: '2024-05-01-preview'}, 'max_tokens'],
  ] satisfies [string, Partial<DeploymentFacts>, string][])('of %s is %s', (_, facts, name) => {
    expect(fit({max_completion_tokens: 5}, facts).body).toEqual({[name]: 5});
  });

  it('is taken under either name', () => {
    expect(fit({max_tokens: 7}, {}).body).toEqual({max_completion_tokens: 7});
    expect(fit({max_tokens: 7, max_completion_tokens: 5}, {}).body).toEqual({max_completion_tokens: 5});
  });
});

describe('what is left out', () => {
  const reasoning = {family: chooseFamily('gpt-5', ''), style: 'v1', apiVersion: undefined} as const;

  it('of chat requests to reasoning models is what they refuse, each with a note', () => {
    const {body, notes} = fit(
      {temperature: 0.2, top_p: 0.9, logprobs: true, top_logprobs: 2, presence_penalty: 1, seed: 3},
      reasoning,
    );
    expect(body).toEqual({seed: 3});
    expect(notes).toHaveLength(5);
    expect(notes[0]).toBe('temperature is left out: reasoning models (gpt-5) refuse it');
  });

  it('goes without a note where it is the default', () => {
    expect(fit({temperature: 1, top_p: null}, reasoning)).toEqual({body: {}, notes: []});
  });

  it('of Responses requests includes the seed that the API does not have', () => {
    const {body, notes} = fit({seed: 3, temperature: 0.5}, {api: 'responses', style: 'v1'});
    expect(body).toEqual({temperature: 0.5});
    expect(notes).toEqual(['seed is left out: the Responses API has no seed']);
  });

  it('at the dated general availability is bookkeeping that it does not know', () => {
    const {body} = fit({store: true, metadata: {a: 'b'}, parallel_tool_calls: false}, {});
    expect(body).toEqual({parallel_tool_calls: false});
  });

  it('for the o-series is the choice of parallel calls', () => {
    const facts = {family: chooseFamily('o3-mini', ''), style: 'v1'} as const;
    expect(fit({parallel_tool_calls: true}, facts).body).toEqual({});
  });

  it('is nothing for unknown deployments on v1', () => {
    const body = {temperature: 0, logprobs: true, store: false, seed: 1};
    expect(fit(body, {style: 'v1', apiVersion: undefined})).toEqual({body, notes: []});
  });

  it('never changes the body that was given', () => {
    const body = Object.freeze({
      temperature: 0.1,
      messages: Object.freeze([{role: 'developer', content: 'x'}]),
    });
    expect(() => fit(body, {...reasoning})).not.toThrow();
  });
});

describe('roles', () => {
  const system = {role: 'system', content: 's'};
  const developer = {role: 'developer', content: 'd'};
  const user = {role: 'user', content: 'u'};

  it('of developer become system where the version does not know it', () => {
    const {body, notes} = fit({messages: [developer, user]}, {});
    expect(body).toEqual({messages: [{role: 'system', content: 'd'}, user]});
    expect(notes).toHaveLength(1);
  });

  it('of both kinds become developer for reasoning models', () => {
    const facts = {family: chooseFamily('o3-mini', ''), style: 'v1', apiVersion: undefined} as const;
    expect(fit({messages: [system, developer, user]}, facts).body).toEqual({
      messages: [{role: 'developer', content: 's'}, developer, user],
    });
    expect(fit({messages: [system, user]}, facts)).toEqual({body: {messages: [system, user]}, notes: []});
    expect(fit({input: [system, developer]}, {...facts, api: 'responses'}).body).toEqual({
      input: [{role: 'developer', content: 's'}, developer],
    });
  });

  it('stay as they are elsewhere', () => {
    const body = {messages: [system, developer, user]};
    expect(fit(body, {style: 'v1', apiVersion: undefined})).toEqual({body, notes: []});
  });
});

describe('warnings', () => {
  it.each([
    [{family: chooseFamily('o3-mini', '')}, '2024-12-01-preview'],
    [{api: 'responses'}, '2025-03-01-preview'],
    [{family: chooseFamily('gpt-5-pro', ''), style: 'v1'}, 'Responses API only'],
  ] satisfies [Partial<DeploymentFacts>, string][])('of %j name %s', (facts, words) => {
    expect(capabilitiesOf({...usual, ...facts}).warnings).toEqual([expect.stringContaining(words)]);
  });

  it('are absent where all is well', () => {
    expect(capabilitiesOf(usual).warnings).toEqual([]);
  });
});

const usual: DeploymentFacts = {
  family: unknownFamily,
  style: 'deployments',
  apiVersion: '2024-10-21',
  api: 'chat',
};

function fit(body: JsonObject, facts: Partial<DeploymentFacts>): {body: unknown; notes: string[]} {
  const notes: string[] = [];
  const draft = {...body};
  fitRequest(draft, capabilitiesOf({...usual, ...facts}), (note) => notes.push(note));
  return {body: JSON.parse(JSON.stringify(draft)), notes};
}
