import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {compilePattern, compileWildcard} from '../../../src/servers/gateway/gateway-patterns.ts';

describe('a pattern', () => {
  it.each([
    ['a+', 'aaa', true],
    ['a+', 'aab', false],
    ['a|ab', 'ab', true],
    ['(?i)ABC', 'abc', true],
    ['(?s)a.b', 'a\nb', true],
    ['(?m)a', 'a\nb', false],
    ['(?P<team>[a-z]+)-x', 'red-x', true],
    ['/azure\\-openai', '/azure-openai', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s takes the whole of %j: %s', (pattern, text, expected) => {
    expect(compilePattern(pattern).test(text)).toBe(expected);
  });

  it.each(['(', '[', 'a)|(b', '*'])('%s is refused', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(SyntaxError);
  });
});

describe('a wildcard', () => {
  it.each([
    ['gpt-*', 'gpt-4o', true],
    ['gpt-*', 'gpt-', true],
    ['gpt-*', 'my-gpt-4o', false],
    ['*-mini', 'gpt-4o-mini', true],
    ['*', '', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['ab*ba', 'aba', false],
    ['a*a', 'a', false],
    ['**', 'x', true],
    ['gpt.4', 'gptx4', false],
    ['gpt', 'gpt', true],
  ])('%s takes %s: %s', (pattern, text, expected) => {
    expect(compileWildcard(pattern)(text)).toBe(expected);
  });

  it('takes what the regular expression of the same meaning takes', () => {
    const letters = fc.string({unit: fc.constantFrom('a', 'b', '*'), maxLength: 6});
    const texts = fc.string({unit: fc.constantFrom('a', 'b'), maxLength: 8});
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        const meant = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(compileWildcard(pattern)(text)).toBe(meant.test(text));
      }),
    );
  });
});
