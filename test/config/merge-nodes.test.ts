import {describe, expect, it} from 'vitest';
import {toJson} from '../../src/config/config-node.ts';
import {mergeNodes} from '../../src/config/merge-nodes.ts';
import {parseYaml} from '../../src/config/yaml-document.ts';

function node(value: string, file: string) {
  const root = parseYaml(`x: ${value}\n`, {file}, (problem) => {
    throw new Error(problem.message);
  });
  const child = root?.entries.get('x');
  if (child === undefined) throw new Error('malformed test value');
  return child;
}

describe('mergeNodes', () => {
  it.each<[string, string, unknown]>([
    ['{a: 1, b: {c: 1}}', '{b: {d: 2}}', {a: 1, b: {c: 1, d: 2}}],
    ['[1, 2]', '[3]', [3]],
    ['{a: 1}', 'null', null],
    ['{a: 1}', '5', 5],
    ['5', '{a: 1}', {a: 1}],
    ['5', '???', 5],
    ['{a: 1}', '???', {a: 1}],
    ['???', '5', 5],
    ['???', '"???"', '???'],
    ['"${b}"', '{a: 1}', {a: 1}],
    ['[1]', '{a: 1}', {a: 1}],
  ])('puts %s below %s', (below, above, expected) => {
    expect(toJson(mergeNodes(node(below, 'below.yaml'), node(above, 'above.yaml')))).toEqual(expected);
  });

  it('keeps the place of the value that won, and for a map the place where it began', () => {
    const merged = mergeNodes(node('{a: 1, b: 1}', 'below.yaml'), node('{a: 2}', 'above.yaml'));
    if (merged.kind !== 'map') throw new Error('expected a map');
    expect(merged.origin.file).toBe('below.yaml');
    expect(merged.entries.get('a')?.origin.file).toBe('above.yaml');
    expect(merged.entries.get('b')?.origin.file).toBe('below.yaml');
  });
});
