import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {readRecordName, recordName, recordStem} from '../../../src/simulator/record/record-name.ts';
import {requestKey} from '../../../src/simulator/record/request-key.ts';

const base = {
  method: 'POST',
  path: '/openai/v1/responses',
  query: '',
  body: Buffer.from('{"model":"gpt-4o","input":"x","seed":1}'),
};
const withBody = (body: string) => ({...base, body: Buffer.from(body)});

describe('the key of a request', () => {
  it.each([
    {name: 'the order of keys', other: withBody('{"seed":1,"input":"x","model":"gpt-4o"}')},
    {name: 'white space', other: withBody('{ "model": "gpt-4o",\n "input": "x", "seed": 1 }')},
    {name: 'how a number is written', other: withBody('{"model":"gpt-4o","input":"x","seed":1.0}')},
    {name: 'how a letter is written', other: withBody('{"model":"gpt-4o","input":"\\u0078","seed":1}')},
    {name: 'the default API version', other: {...base, query: 'api-version=v1'}},
    {name: 'a key in the query', other: {...base, query: 'subscription-key=abc'}},
    {name: 'how the path is escaped', other: {...base, path: '/openai/v1/respon%73es'}},
  ])('does not depend on $name', ({other}) => {
    expect(requestKey(other)).toBe(requestKey(base));
  });

  it.each([
    {name: 'method', other: {...base, method: 'GET'}},
    {name: 'path', other: {...base, path: '/openai/v1/responses/'}},
    {name: 'API version', other: {...base, query: 'api-version=preview'}},
    {name: 'query', other: {...base, query: 'after=1'}},
    {name: 'stream', other: withBody('{"model":"gpt-4o","input":"x","seed":1,"stream":true}')},
    {name: 'order of a list', other: withBody('{"model":"gpt-4o","input":["x"],"seed":1}')},
    {name: 'body at all', other: withBody('')},
    {name: 'body where it is no JSON', other: withBody('{"model":')},
  ])('depends on the $name', ({other}) => {
    expect(requestKey(other)).not.toBe(requestKey(base));
  });

  it('tells integers beyond 2^53 apart, and bodies that are no JSON by their bytes', () => {
    expect(requestKey(withBody('{"seed":9007199254740993}'))).not.toBe(
      requestKey(withBody('{"seed":9007199254740992}')),
    );
    const bytes = (...values: readonly number[]) => requestKey({...base, body: Buffer.from(values)});
    expect(bytes(255, 1)).not.toBe(bytes(254, 1));
    expect(requestKey(withBody('['.repeat(100_000)))).not.toBe(requestKey(withBody('['.repeat(100_001))));
  });

  it('does not depend on the order of a query, nor on how the API version is spelt', () => {
    const dated = {...base, path: '/openai/responses'};
    expect(requestKey({...dated, query: 'b=2&api-version=2025-04-01-Preview&a=1'})).toBe(
      requestKey({...dated, query: 'a=1&api-version=2025-04-01-preview&b=2'}),
    );
  });

  it('is the same for the same JSON, whatever the order of its keys at any depth', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = JSON.stringify(value, (_, part: unknown) =>
          typeof part === 'object' && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).toReversed())
            : part,
        );
        expect(requestKey(withBody(reversed))).toBe(requestKey(withBody(JSON.stringify(value))));
      }),
    );
  });
});

describe('the name of a record', () => {
  it.each([
    {path: '/openai/v1/responses', stem: /^post\.responses\.gpt-4o\.[0-9a-f]{12}$/},
    {
      path: '/openai/deployments/My%20GPT/chat/completions',
      stem: /^post\.chat-completions\.my-20gpt\.[0-9a-f]{12}$/,
    },
    {path: '/prefix/openai/models/a', stem: /^post\.models-a\.gpt-4o\.[0-9a-f]{12}$/},
    {path: '/../../etc/passwd', stem: /^post\.etc-passwd\.gpt-4o\.[0-9a-f]{12}$/},
    {path: `/${'x'.repeat(900)}`, stem: /^post\.x{60}\.gpt-4o\.[0-9a-f]{12}$/},
  ])('says what was asked of whom: $path', ({path, stem}) => {
    expect(recordStem({...base, path})).toMatch(stem);
  });

  it('is one of its request and its number', () => {
    expect(recordName('post.x.1f', 7)).toBe('post.x.1f.007.json');
    expect(readRecordName('post.x.1f.1007.json')).toEqual({stem: 'post.x.1f', position: 1_007});
    for (const other of ['notes.json', 'post.x.1f.007.json.123', '.rollcall.lock'])
      expect(readRecordName(other)).toBeUndefined();
  });
});
