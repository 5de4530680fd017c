import {describe, expect, it} from 'vitest';
import {forwardedHeaders} from '../../src/azure/forwarded-headers.ts';

describe('the headers that a door’s client sees', () => {
  it.each([
    ['apim-request-id', true],
    ['x-request-id', true],
    ['x-ms-request-id', true],
    ['x-ms-region', true],
    ['azureml-model-session', true],
    ['openai-processing-ms', true],
    ['x-ratelimit-remaining-tokens', true],
    ['x-rollcall-simulated', true],
    ['set-cookie', false],
    ['content-length', false],
    ['content-encoding', false],
    ['content-type', false],
    ['transfer-encoding', false],
    ['connection', false],
    ['keep-alive', false],
    ['strict-transport-security', false],
    ['www-authenticate', false],
    ['server', false],
  ])('%s: %s', (name, isForwarded) => {
    expect(forwardedHeaders({[name]: 'v'})).toEqual(isForwarded ? {[name]: 'v'} : {});
  });

  it('are one where the service gave several, and none where they cannot be sent', () => {
    const headers = {'x-ratelimit-a': ['1', '2'], 'openai-model': 'a\u0000b', 'openai-version': undefined};
    expect(forwardedHeaders(headers)).toEqual({'x-ratelimit-a': '1, 2'});
  });
});
