import {describe, expect, it} from 'vitest';
import {
  toClientHeaders,
  toRecordedHeaders,
  toUpstreamHeaders,
} from '../../../src/simulator/record/passed-headers.ts';

const asked = ['accept-encoding', 'identity'];

describe('headers on their way', () => {
  it.each([
    {
      name: 'as they are',
      headers: ['Api-Key', 'k', 'X-Two', '1', 'X-Two', '2'],
      passed: ['Api-Key', 'k', 'X-Two', '1', 'X-Two', '2'],
    },
    {
      name: 'without those of one connection',
      headers: [
        'Connection',
        'close, X-Own',
        'X-Own',
        '1',
        'Keep-Alive',
        'x',
        'TE',
        'trailers',
        'Upgrade',
        'h2c',
      ],
      passed: [],
    },
    {
      name: 'without those that are said anew',
      headers: ['Host', 'a', 'Content-Length', '1', 'Accept-Encoding', 'gzip', 'Expect', '100-continue'],
      passed: [],
    },
    {
      name: 'without what opened our door',
      headers: ['Authorization', 'Bearer door', 'api-key', 'k'],
      passed: ['api-key', 'k'],
    },
    {
      name: 'without it as a key',
      headers: ['authorization', 'Bearer t', 'API-KEY', 'door'],
      passed: ['authorization', 'Bearer t'],
    },
  ])('go to the resource $name, uncompressed', ({headers, passed}) => {
    expect(toUpstreamHeaders(headers, 'door')).toEqual([...passed, ...asked]);
  });

  it('come back whole but for those of one connection', () => {
    expect(
      toClientHeaders({
        'content-type': 'text/plain',
        connection: 'keep-alive, x-own',
        'x-own': '1',
        'transfer-encoding': 'chunked',
        'set-cookie': ['a=1', 'b=2'],
      }),
    ).toEqual(['content-type', 'text/plain', 'set-cookie', 'a=1', 'set-cookie', 'b=2']);
  });

  it('are kept without credentials and the date', () => {
    expect(
      toRecordedHeaders([
        'date',
        'now',
        'set-cookie',
        'a=1',
        'x-ms-token',
        't',
        'retry-after',
        '3',
        'X-Request-Id',
        'i',
      ]),
    ).toEqual(['retry-after', '3', 'X-Request-Id', 'i']);
  });
});
