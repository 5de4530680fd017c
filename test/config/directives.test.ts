import {describe, expect, it} from 'vitest';
import {mapToJson} from '../../src/config/config-node.ts';
import {applyDirectives} from '../../src/config/directives.ts';
import {mergeDummyModels} from '../../src/config/dummy-model.ts';
import {parseYaml} from '../../src/config/yaml-document.ts';
import type {Problem} from '../../src/core/errors.ts';

function read(yaml: string) {
  const problems: Problem[] = [];
  const report = (problem: Problem) => problems.push(problem);
  const root = parseYaml(yaml, {file: 'a.yaml'}, report);
  if (root === undefined) throw new Error('malformed test document');
  return {root, problems, report};
}

function apply(yaml: string) {
  const {root, problems, report} = read(yaml);
  return {json: mapToJson(applyDirectives(root, report)), problems};
}

describe('applyDirectives', () => {
  it.each<[string, string, unknown]>([
    ['moves a value', 'a: {b: 1}\nx: ${inherit_from:a.b}\n', {a: {}, x: 1}],
    [
      'moves a map and merges over it',
      'a: {b: 1, c: {d: 1}}\nx: {_inherit_from: a, c: {e: 2}}\n',
      {x: {b: 1, c: {d: 1, e: 2}}},
    ],
    ['copies a value', 'a: {b: 1}\nx: ${copy:a}\n', {a: {b: 1}, x: {b: 1}}],
    ['copies a map and merges over it', 'a: {b: 1}\nx: {_copy: a, b: 2}\n', {a: {b: 1}, x: {b: 2}}],
    [
      'moves one source to two places',
      'a: {b: 1}\nx: {_inherit_from: a}\ny: ${inherit_from:a}\n',
      {x: {b: 1}, y: {b: 1}},
    ],
    [
      'takes over what itself takes over',
      'a: {b: 1}\nx: {_copy: a, c: 2}\ny: {_copy: x}\n',
      {a: {b: 1}, x: {b: 1, c: 2}, y: {b: 1, c: 2}},
    ],
    ['deletes children', 'x: {_delete_key: "a, b", a: 1, b: 2, c: 3}\n', {x: {c: 3}}],
    [
      'deletes children of the source',
      's: {a: 1, b: 2}\nx: {_copy: s, _delete_key: a}\n',
      {s: {a: 1, b: 2}, x: {b: 2}},
    ],
    ['takes a list of names to delete', 'x: {_delete_key: [a], a: 1}\n', {x: {}}],
    ['works in lists', 'a: 1\nx: [{_delete_key: b, b: 1}, "${copy:a}"]\n', {a: 1, x: [{}, 1]}],
    ['leaves an unset source unset', 'a: ???\nx: {_copy: a, b: 1}\n', {a: '???', x: '???'}],
    ['leaves interpolations alone', 'a: 1\nx: ${a}\n', {a: 1, x: '${a}'}],
  ])('%s', (_, yaml, expected) => {
    expect(apply(yaml)).toEqual({json: expected, problems: []});
  });

  it.each([
    ['an absent source', 'x: {_inherit_from: nope}\n', 'nothing at `nope`', 20],
    ['an absent source of a value', 'x: ${copy:a.b}\n', 'nothing at `a.b`', 4],
    ['a child to delete that is not there', 'x: {_delete_key: b}\n', 'no `b` to delete', 4],
    ['a value that takes over itself', 'x: {_copy: x}\n', 'itself part of', 12],
    ['a value that takes over what is around it', 'x: {y: {_copy: x}}\n', 'itself part of', 16],
    ['a circle', 'x: {_copy: y}\ny: {_copy: x}\n', 'itself part of', 12],
  ])('reports %s', (_, yaml, message, column) => {
    expect(apply(yaml).problems[0]).toMatchObject({
      message: expect.stringContaining(message) as string,
      file: 'a.yaml',
      column,
    });
  });
});

describe('mergeDummyModels', () => {
  const merged = (yaml: string) => mapToJson(mergeDummyModels(read(yaml).root));

  it("puts the stand-in's keys under the real implementation's", () => {
    expect(
      merged('m: {responses_api_models: {dummy_model: {a: 1, b: 1}, azure_openai_model: {b: 2}}}\n'),
    ).toEqual({
      m: {responses_api_models: {azure_openai_model: {a: 1, b: 2}}},
    });
  });

  it('leaves a stand-in alone that stands for nothing', () => {
    const yaml = 'm: {responses_api_models: {dummy_model: {a: 1}, verified: true}}\n';
    expect(merged(yaml)).toEqual({m: {responses_api_models: {dummy_model: {a: 1}, verified: true}}});
  });
});
