import {describe, expect, it} from 'vitest';
import {mapToJson, nodeAt} from '../../src/config/config-node.ts';
import {parseYaml} from '../../src/config/yaml-document.ts';
import type {Problem} from '../../src/core/errors.ts';

function parse(text: string) {
  const problems: Problem[] = [];
  const root = parseYaml(text, {file: 'a.yaml', folder: '/f'}, (problem) => problems.push(problem));
  return {root, problems, json: root === undefined ? undefined : mapToJson(root)};
}

describe('parseYaml', () => {
  it.each<[string, unknown]>([
    ['2024-10-21', '2024-10-21'],
    ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
    ['"2024-10-21"', '2024-10-21'],
    ['yes', true],
    ['On', true],
    ['off', false],
    ['NO', false],
    ['y', 'y'],
    ['n', 'n'],
    ['017', 15],
    ['-017', -15],
    ['00123', 83],
    ['08', '08'],
    ['0o17', '0o17'],
    ['0x1F', 31],
    ['0b101', 5],
    ['12:30', 750],
    ['1:30:00', 5400],
    ['09:30', '09:30'],
    ['12:30.5', 750.5],
    ['1e3', 1000],
    ['1.5e-3', 0.0015],
    ['1_000', 1000],
    ['1_000.5', 1000.5],
    ['+12', 12],
    ['.5', 0.5],
    ['5.', 5],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['.nan', Number.NaN],
    ['0x_', '0x_'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['"yes"', 'yes'],
    ["'5'", '5'],
    ['|\n  5\n', '5\n'],
    ['!!str 5', '5'],
    ['!!int "5"', 5],
    ['!!float 5', 5],
    ['!!bool "on"', true],
    ['???', '???'],
    ['${a.b}', '${a.b}'],
    ['https://x.y/z', 'https://x.y/z'],
  ])('reads %j', (text, expected) => {
    expect(parse(`key: ${text}`)).toMatchObject({json: {key: expected}, problems: []});
  });

  it('keeps the text and the place of each value', () => {
    const {root} = parse('a:\n  b: [x, 00123]\n');
    expect(root && nodeAt(root, ['a', 'b', 1])).toMatchObject({
      value: 83,
      text: '00123',
      origin: {file: 'a.yaml', folder: '/f', line: 2, column: 10},
    });
    expect(root && nodeAt(root, ['a'])?.origin).toMatchObject({line: 2, column: 3});
  });

  it.each<[string, string, unknown]>([
    ['an empty file', '', {}],
    ['a file of comments', '# nothing\n', {}],
    ['an empty document', '---\n', {}],
    ['anchors and aliases', 'a: &x {b: 1}\nc: *x\n', {a: {b: 1}, c: {b: 1}}],
    ['merge keys', 'a: &x {b: 1, c: 1}\nd: {<<: *x, c: 2}\n', {a: {b: 1, c: 1}, d: {b: 1, c: 2}}],
    ['merge lists, the first one winning', 'a: {<<: [{b: 1}, {b: 2, c: 2}]}\n', {a: {b: 1, c: 2}}],
    ['keys that are numbers', '1: a\n010: b\n', {'1': 'a', '010': 'b'}],
    ['a quoted << as an ordinary key', '"<<": 1\n', {'<<': 1}],
    [
      'keys that objects have already',
      '__proto__: 1\nconstructor: 2\n',
      JSON.parse('{"__proto__":1,"constructor":2}'),
    ],
  ])('reads %s', (_, text, expected) => {
    expect(parse(text)).toMatchObject({problems: [], json: expected});
  });

  it.each<[string, string, string, [number, number]]>([
    ['the same key twice', 'a: 1\na: 2\n', 'the same key twice', [2, 1]],
    ['two documents', 'a: 1\n---\nb: 1\n', 'more than one document', [2, 1]],
    ['a list', '- a\n', 'the file holds a list', [1, 1]],
    ['a single value', 'just text\n', 'the file holds a single value', [1, 1]],
    ['an open bracket', 'a: [1\n', 'must be sufficiently indented', [2, 1]],
    ['an open quote', 'a: "x\n', 'Missing closing "quote', [2, 1]],
    ['a python tag', 'a: !!python/object:os.system x\n', 'python/object:os.system', [1, 30]],
    ['a python tag on a map', 'a: !!python/dict {b: 1}\n', 'python/dict', [1, 18]],
    ['a tag that does not fit', 'a: !!int x\n', 'the tag `int` does not fit', [1, 10]],
    ['an unknown alias', 'a: *nope\n', 'an anchor that is not defined', [1, 4]],
    ['a value inside itself', 'a: &a [*a]\n', 'itself part of', [1, 8]],
    ['a list as a key', '? [a]\n: 1\n', 'a key must be a single value', [1, 3]],
    ['a merge of a text', 'a: {<<: x}\n', '`<<` takes a map', [1, 9]],
    ['a tab', 'a:\n\tb: 1\n', 'Tabs are not allowed', [2, 1]],
  ])('refuses %s', (_, text, message, [line, column]) => {
    const {root, problems} = parse(text);
    expect(root).toBeUndefined();
    expect(problems[0]).toMatchObject({
      message: expect.stringContaining(message) as string,
      file: 'a.yaml',
      line,
      column,
    });
  });

  it.each([
    'a: 1\na: 2\n',
    'a: 1\n---\nb: 1\n',
    'a: [1\n',
    'a: "x\n',
    'a:\n\tb: 1\n',
    'a: @b\n',
    'a: {b}}\n',
    'a:\n - b\n- c\n',
  ])('says what to do about %j', (text) => {
    for (const {hint} of parse(text).problems) expect(hint).toMatch(/^[A-Z].*\.$/);
  });

  it('never quotes the file: a key may be what is malformed', () => {
    const {problems} = parse('a: 1\ncanary-secret }} canary-secret\n- canary: canary\nb: @canary\n');
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it('does not quote what looks like an escape in a password', () => {
    const {problems} = parse('key: "a\\xcanary\\Ucanary12"\n');
    expect(problems).toMatchObject([{line: 1, message: expect.stringContaining('backslash') as string}]);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it('refuses aliases that would unfold without end', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 8; n++) {
      const of = `*a${n - 1}`;
      lines.push(`a${n}: &a${n} [${Array.from({length: 10}, () => of).join(', ')}]`);
    }
    expect(parse(lines.join('\n')).problems[0]?.message).toContain('too large');
  });
});
