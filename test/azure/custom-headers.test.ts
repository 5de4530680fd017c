import {describe, expect, it} from 'vitest';
import {checkHeaders} from '../../src/azure/custom-headers.ts';

describe('configured headers', () => {
  it('are a flat list with names in lower case', () => {
    expect(checkHeaders({'X-Team': 'a', 'x-policy-id': '7'})).toEqual(['x-team', 'a', 'x-policy-id', '7']);
  });

  it.each([
    {headers: {'content-type': 'text/plain'}, message: 'the header content-type is set by rollcall itself'},
    {headers: {'a b': 'c'}, message: '"a b" cannot be the name of a header'},
    {
      headers: {'x-a': 'b\r\nx-c: d'},
      message: 'the value of the header x-a holds characters that no header may have',
    },
    {
      headers: Object.fromEntries(Array.from({length: 11}, (_, n) => [`x-${n}`, ''])),
      message: 'there are 11 headers; the service takes at most 10',
    },
  ])('are refused: $message', ({headers, message}) => {
    expect(() => checkHeaders(headers)).toThrow(message);
  });
});
