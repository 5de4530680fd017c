import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import type {GatewayBackend} from '../../../src/manifests/gateway-config.ts';
import {compileBody} from '../../../src/servers/gateway/gateway-body.ts';
import {RequestRefusal} from '../../../src/servers/http/request-refusal.ts';
import {backendOf, freeBackend, providerOf} from './gateway-examples.ts';

const messages = [{role: 'user', content: 'hello'}];

function chat(backend: GatewayBackend, body: JsonObject, pathModel?: string): JsonObject {
  return compileBody(backend)('chat', {messages, ...body}, pathModel);
}

describe('the body for a backend', () => {
  it('is the client’s where nothing is set', () => {
    const body = {messages, model: '', logit_bias: {'50256': -100}, unknown: [1n]};
    expect(compileBody(backendOf())('chat', body, undefined)).toEqual(body);
  });

  it.each([
    ['an override over the client’s', {temperature: 1}, 0],
    ['an override over null', {temperature: null}, 0],
    ['an override where there is nothing', {}, 0],
  ])('has %s', (_, body, expected) => {
    expect(chat(backendOf({overrides: {temperature: 0}}), body)['temperature']).toBe(expected);
  });

  it.each([
    ['the client’s over a default', {seed: 7}, 7],
    ['a client’s null: it is no gap', {seed: null}, null],
    ['a default in a gap', {}, 1],
  ])('has %s', (_, body, expected) => {
    expect(chat(backendOf({defaults: {seed: 1}}), body)['seed']).toBe(expected);
  });

  it('has an override over a default', () => {
    expect(chat(backendOf({defaults: {seed: 1}, overrides: {seed: 2}}), {})['seed']).toBe(2);
  });

  it('keeps a member called __proto__ a member', () => {
    const body = JSON.parse('{"messages": [], "__proto__": {"stream": true}}') as JsonObject;
    const shaped = compileBody(backendOf({defaults: {seed: 1}}))('chat', body, undefined);
    expect(Object.getPrototypeOf(shaped)).toBe(Object.prototype);
    expect(JSON.stringify(shaped)).toContain('"__proto__":{"stream":true}');
  });

  it('leaves the client’s body as it is', () => {
    const body = Object.freeze({messages: Object.freeze([...messages])});
    compileBody(backendOf({overrides: {seed: 1}, prepend: [{role: 'system', content: 's'}]}))(
      'chat',
      body,
      undefined,
    );
    expect(body).toEqual({messages});
  });
});

describe('the model for a backend', () => {
  const aliases = {fast: 'gpt-4o-mini', 'gpt-*': 'general', 'gpt-4o*': 'omni', 'a*': 'b*', '*z': 'fast'};

  it.each([
    ['an exact alias', 'fast', 'gpt-4o-mini'],
    ['a pattern', 'gpt-35', 'general'],
    ['the longest pattern', 'gpt-4o-mini', 'omni'],
    ['an alias as it is, not what it stands for again', 'xyz', 'fast'],
    ['no alias', 'other', 'other'],
    ['what every object has by itself', 'constructor', 'constructor'],
  ])('is named by %s', (_, model, expected) => {
    expect(chat(freeBackend({modelAliases: aliases}), {model})['model']).toBe(expected);
  });

  it('is not renamed where the deployment is set', () => {
    expect(chat(backendOf({modelAliases: aliases}), {model: 'fast'})['model']).toBe('fast');
  });

  it('is renamed where one of several providers takes it', () => {
    const mixed = backendOf({groups: [[providerOf('d')], [providerOf(undefined)]], modelAliases: aliases});
    expect(chat(mixed, {model: 'fast'})['model']).toBe('gpt-4o-mini');
    expect(chat(mixed, {})['model']).toBeUndefined();
  });

  it('may come from an override, and is renamed too', () => {
    const backend = freeBackend({overrides: {model: 'fast'}, modelAliases: aliases});
    expect(chat(backend, {model: 'x'})['model']).toBe('gpt-4o-mini');
  });

  it("is the deployment in an Azure client's path, as it is in Azure", () => {
    expect(chat(freeBackend(), {model: 'x'}, 'gpt-4o')['model']).toBe('gpt-4o');
    expect(chat(backendOf(), {model: 'x'}, 'gpt-4o')['model']).toBe('x');
  });

  it.each([{}, {model: ''}, {model: null}, {model: 4}])(
    'is asked for where nothing else names it: %j',
    (body) => {
      expect(() => chat(freeBackend(), body)).toThrow(RequestRefusal);
      expect(() => chat(backendOf(), body)).not.toThrow();
    },
  );
});

describe('messages around the client’s', () => {
  const backend = backendOf({
    prepend: [{role: 'system', content: 'before'}],
    append: [{role: 'user', content: 'after'}],
  });
  const shape = compileBody(backend);
  const [before, after] = [...backend.prepend, ...backend.append];

  it('stand before and behind the messages of a chat', () => {
    expect(shape('chat', {messages}, undefined)['messages']).toEqual([before, ...messages, after]);
  });

  it.each([
    ['a list', {input: messages}, messages],
    ['a text', {input: 'hello'}, messages],
    ['nothing, where a stored prompt is used', {prompt: {id: 'p'}}, []],
    ['null, where a response is continued', {input: null, previous_response_id: 'r'}, []],
  ])('stand before and behind the input of a response that is %s', (_, body, middle) => {
    expect(shape('responses', body, undefined)['input']).toEqual([before, ...middle, after]);
  });

  it('do not stand in for a request that says nothing', () => {
    expect(() => shape('responses', {}, undefined)).toThrow(RequestRefusal);
    expect(() => shape('chat', {}, undefined)).toThrow(RequestRefusal);
  });

  it('are not put around what is embedded', () => {
    expect(shape('embeddings', {input: 'hello'}, undefined)).toEqual({input: 'hello'});
  });

  it('stand around messages that an override sets', () => {
    const fixed = compileBody({...backend, overrides: {messages: []}});
    expect(fixed('chat', {messages}, undefined)['messages']).toEqual([before, after]);
  });
});

it('refuses a request without a body', () => {
  expect(() => compileBody(backendOf({overrides: {messages}}))('chat', undefined, undefined)).toThrow(
    RequestRefusal,
  );
});
