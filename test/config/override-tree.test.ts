import {describe, expect, it} from 'vitest';
import {mapToJson} from '../../src/config/config-node.ts';
import {buildOverrideTree} from '../../src/config/override-tree.ts';
import type {Problem} from '../../src/core/errors.ts';

function build(...words: readonly string[]) {
  const problems: Problem[] = [];
  const tree = buildOverrideTree(words, (problem) => problems.push(problem));
  return {json: mapToJson(tree), problems};
}

describe('buildOverrideTree', () => {
  it.each<[string, readonly string[], unknown]>([
    ['makes the maps on the way', ['+a.b.c=1'], {a: {b: {c: 1}}}],
    ['takes hyphens and dollars in keys', ['+q.api-version=v1', '+$x=1'], {q: {'api-version': 'v1'}, $x: 1}],
    ['takes numbers as keys', ['+a.0=x'], {a: {'0': 'x'}}],
    ['sets an empty text', ['+a='], {a: ''}],
    ['lets ++ replace', ['+a=1', '++a=2'], {a: 2}],
    ['lets ++ add', ['++a=2'], {a: 2}],
    ['merges maps that are added twice', ['+a={x: 1}', '+a={y: 2}'], {a: {x: 1, y: 2}}],
    ['replaces lists', ['+a=[1]', '++a=[2]'], {a: [2]}],
    ['adds over null and ???', ['+a=null', '+a=1', '+b=???', '+b=2'], {a: 1, b: 2}],
    ['changes what an earlier word set', ['+a=1', 'a=2'], {a: 2}],
    ['deletes what an earlier word set', ['+a=1', '+b=1', '~a'], {b: 1}],
    ['deletes a value that is the one given', ['+a=1', '~a=1'], {}],
    ['extends a list', ['+a=[1]', 'a=extend_list(2,3)'], {a: [1, 2, 3]}],
    [
      'joins several lists of files',
      ['+config_paths=[a.yaml]', '+config_paths=[b.yaml, c.yaml]'],
      {config_paths: ['a.yaml', 'b.yaml', 'c.yaml']},
    ],
    ['lets ++ replace the list of files', ['+config_paths=[a]', '++config_paths=[b]'], {config_paths: ['b']}],
  ])('%s', (_, words, expected) => {
    expect(build(...words)).toEqual({json: expected, problems: []});
  });

  it.each([
    ['a key given twice', ['+a=1', '+a=2'], 'already added by override "+a=1"', '++a='],
    ['a change of what only files have', ['limit=5'], 'nothing yet at `limit`', '+limit='],
    ['a deletion of what only files have', ['~limit'], 'nothing yet at `limit`', '_delete_key'],
    ['a deletion of another value', ['+a=1', '~a=2'], 'another one', undefined],
    ['a word without =', ['oops'], 'not an override', '+key=value'],
    ['a config group', ['+db@x=1'], 'config groups', '+config_paths'],
    ['a key with a space', ['+a b=1'], '`a b` is not a key', undefined],
    ['an empty key', ['+=1'], '`` is not a key', undefined],
    ['a key that begins with a hyphen', ['+a.-b=1'], '`a.-b` is not a key', undefined],
    ['a value that needs quotes', ['+a=b&c'], '`&` has to be in quotes', `"+a='b&c'"`],
  ])('refuses %s', (_, words, message, hint) => {
    const {problems} = build(...words);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(message);
    if (hint !== undefined) expect(problems[0]?.hint).toContain(hint);
    expect(problems[0]?.file).toBe(`override "${words.at(-1) ?? ''}"`);
  });

  it.each([
    '+policy_api_key=canary==',
    '+a={api_key: canary#}',
    '+headers.Authorization=Bearer canary==',
    '+headers={Authorization: "Bearer canary"',
    '+x=Bearer canary&',
  ])('does not show the credential in %j', (word) => {
    const {problems} = build(word);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });
});
