import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createRedactor} from '../../src/core/redact.ts';

describe('a redactor', () => {
  it.each([
    {name: 'as it is', text: 'key canary/+"1 refused', out: 'key **** refused'},
    {name: 'inside JSON', text: JSON.stringify({key: 'canary/+"1'}), out: '{"key":"****"}'},
    {name: 'inside a URL', text: 'https://h/?k=canary%2F%2B%221', out: 'https://h/?k=****'},
  ])('takes a secret out $name', ({text, out}) => {
    expect(createRedactor(['canary/+"1']).redact(text)).toBe(out);
  });

  it('takes the longer of two overlapping secrets out whole', () => {
    expect(createRedactor(['canary', 'canary-and-more']).redact('a canary-and-more b')).toBe('a **** b');
  });

  it('leaves values alone that are too short to be secrets', () => {
    expect(createRedactor(['key', '']).redact('the key of the test')).toBe('the key of the test');
  });

  it('learns secrets later', () => {
    const redactor = createRedactor();
    redactor.add('token-abc');
    expect(redactor.redact('Bearer token-abc')).toBe('Bearer ****');
  });

  it('leaves no secret in any text, for all secrets', () => {
    fc.assert(
      fc.property(fc.string({minLength: 6}), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(secret.trim().length >= 6);
        expect(createRedactor([secret]).redact(`${before}${secret}${after}`)).not.toContain(secret.trim());
      }),
    );
  });
});
