import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {writePlainYaml} from '../../src/app/write-plain-yaml.ts';

describe('writePlainYaml', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['https://contoso.openai.azure.com/', 'https://contoso.openai.azure.com/'],
    ['prompt_templates/judge.txt', 'prompt_templates/judge.txt'],
    ['yes', '"yes"'],
    ['2024-10-21', '"2024-10-21"'],
    ['12:30', '"12:30"'],
    ['1e3', '"1e3"'],
    ['0o17', '"0o17"'],
    ['****', '"****"'],
    ['[[A=B]]', '"[[A=B]]"'],
    // PyYAML takes it for a tag of its own, breaks at the others, or refuses them.
    ['=', '"="'],
    ['tab\t', '"tab\\t"'],
    ['two\nlines', '"two\\nlines"'],
    ['next\u0085line', '"next\\u0085line"'],
    ['\u2028', '"\\u2028"'],
    ['\u0007', '"\\u0007"'],
    ['é', '"\\u00e9"'],
    ['😀', '"\\U0001f600"'],
  ])('writes %j as %s', (text, written) => {
    expect(writePlainYaml({key: text})).toBe(`key: ${written}\n`);
  });

  it('writes no line break, control or other alphabet, and nothing that is read as something else', () => {
    const scalar = fc.oneof(
      fc.string({unit: 'binary'}),
      fc.constantFrom('~', 'null', 'on', '.5', '0x1F', '017', '- a', 'a: b', '#', '!x', '&a', '*a', '|'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.array(scalar)), (object) => {
        const text = writePlainYaml(object);
        expect(text).toMatch(/^[\n -~]*$/);
        expect(parse(text, {version: '1.1', merge: false})).toEqual(object);
      }),
    );
  });
});
