import {describe, expect, it} from 'vitest';
import {RollcallError} from '../../../src/core/errors.ts';
import {parseUpstream} from '../../../src/simulator/record/parse-upstream.ts';

describe('the URL of an upstream', () => {
  it.each([
    {text: 'https://name.openai.azure.com', origin: 'https://name.openai.azure.com', prefix: ''},
    {text: 'https://name.openai.azure.com/', origin: 'https://name.openai.azure.com', prefix: ''},
    {
      text: 'https://gateway.azure-api.net:8443/team/a/',
      origin: 'https://gateway.azure-api.net:8443',
      prefix: '/team/a',
    },
    {text: 'http://127.0.0.1:8900', origin: 'http://127.0.0.1:8900', prefix: ''},
    {text: 'http://[::1]:8900', origin: 'http://[::1]:8900', prefix: ''},
    {text: 'http://localhost', origin: 'http://localhost', prefix: ''},
    {text: 'http://simulator:8900', origin: 'http://simulator:8900', prefix: ''},
    {
      text: 'http://llm.default.svc.cluster.local/x',
      origin: 'http://llm.default.svc.cluster.local',
      prefix: '/x',
    },
  ])('may be $text', ({text, origin, prefix}) => {
    expect(parseUpstream(text)).toEqual({origin, prefix});
  });

  it.each([
    {text: 'name.openai.azure.com', message: 'is not a URL'},
    {text: 'ftp://name.openai.azure.com', message: 'must begin with https:// or http://'},
    {text: 'http://name.openai.azure.com', message: 'would send keys to name.openai.azure.com in the clear'},
    {text: 'http://127.0.0.1.example.com', message: 'in the clear'},
    {text: 'http://10.0.0.7.example.com', message: 'in the clear'},
    {text: 'https://user:canary@name.openai.azure.com', message: 'holds a credential'},
    {text: 'https://canary@name.openai.azure.com', message: 'holds a credential'},
    {text: 'https://name.openai.azure.com?subscription-key=canary', message: 'has a query'},
    {text: 'https://name.openai.azure.com#canary', message: 'has a query or a fragment'},
    {text: 'https://name.openai.azure.com/openai/v1', message: 'ends within the paths of the API'},
    {text: 'https://name.openai.azure.com/openai/', message: 'ends within the paths of the API'},
  ])('may not be $text', ({text, message}) => {
    const parse = (): unknown => parseUpstream(text);
    expect(parse).toThrow(RollcallError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/canary/);
  });
});
