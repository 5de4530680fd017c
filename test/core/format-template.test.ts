import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {formatTemplate, templateFields} from '../../src/core/format-template.ts';

describe('formatTemplate', () => {
  it.each([
    ['nothing to fill', {}, 'nothing to fill'],
    ['', {}, ''],
    ['{a}', {a: 'x'}, 'x'],
    ['Q: {question}\nA: {answer}', {question: '1+1', answer: '2'}, 'Q: 1+1\nA: 2'],
    ['{a}{a}{b}', {a: 'x', b: ''}, 'xx'],
    ['{{a}} is {a}', {a: 'x'}, '{a} is x'],
    ['\\boxed{{{answer}}}', {answer: '5'}, '\\boxed{5}'],
    ['{{{{}}}}', {}, '{{}}'],
    ['{two words}', {'two words': 'ok'}, 'ok'],
    ['{größe}', {größe: 'ü'}, 'ü'],
  ])('fills %j', (template, values, expected) => {
    expect(formatTemplate(template, values as Record<string, string>)).toBe(expected);
  });

  it('does not look into what it put in', () => {
    expect(formatTemplate('{a}', {a: '{b} }} $& {'})).toBe('{b} }} $& {');
  });

  it.each([
    ['a { b', 'a single { at line 1, column 3'],
    ['a\nb } c', 'a single } at line 2, column 3'],
    ['{a', 'a single {'],
    ['{}', '{} at line 1'],
    ['{0}', '{0} at'],
    ['{a.b}', '{a.b} at'],
    ['{a[0]}', '{a[0]} at'],
    ['{a!r}', '{a!r} at'],
    ['{a:>8}', '{a:>8} at'],
  ])('refuses %j', (template, message) => {
    expect(() => formatTemplate(template, {a: 'x'})).toThrow(
      expect.objectContaining({
        code: 'ERR_TEMPLATE',
        fault: 'config',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('names every field without a value, and what there is', () => {
    expect(() => formatTemplate('{a} {b} {c}', {b: '1'})).toThrow(
      expect.objectContaining({
        message: 'the template asks for {a}, {c}, which have no value',
        hint: 'There is: {b}.',
      }),
    );
  });

  it('takes no value from a prototype', () => {
    expect(() => formatTemplate('{toString}', {})).toThrow('no value');
  });

  it('gives back any text whose braces were doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(formatTemplate(escaped, {})).toBe(text);
      }),
    );
  });
});

describe('templateFields', () => {
  it('lists each field once, in order', () => {
    expect(templateFields('{b} {{x}} {a} {b}')).toEqual(['b', 'a']);
  });
});
