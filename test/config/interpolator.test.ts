import {describe, expect, it} from 'vitest';
import {mapToJson} from '../../src/config/config-node.ts';
import {Interpolator} from '../../src/config/interpolator.ts';
import {parseYaml} from '../../src/config/yaml-document.ts';
import type {Problem} from '../../src/core/errors.ts';

function resolve(yaml: string, env: Readonly<Record<string, string>> = {}) {
  const problems: Problem[] = [];
  const report = (problem: Problem) => problems.push(problem);
  const root = parseYaml(yaml, {file: 'a.yaml'}, report);
  if (root === undefined) throw new Error('malformed test document');
  const interpolator = new Interpolator(root, {env, report});
  return {json: mapToJson(interpolator.resolveAll()), problems, interpolator};
}

describe('Interpolator', () => {
  it.each<[string, string, unknown]>([
    ['a key anywhere', 'a: {b: 5}\nx: ${a.b}\n', 5],
    ['a map, with its type', 'a: {b: [1, true]}\nx: ${a}\n', {b: [1, true]}],
    ['an item of a list', 'a: [{b: 1}, {b: 2}]\nx: ${a[1].b}\n', 2],
    ['an item of a list, with dots', 'a: [{b: 1}, {b: 2}]\nx: ${a.1.b}\n', 2],
    ['a part of a text', 'a: {b: 5}\nx: v${a.b}-${a.b}\n', 'v5-5'],
    ['a number in a text as it was written', 'a: 00123\nx: key-${a}\n', 'key-00123'],
    ['a reference to a reference', 'a: ${b}\nb: ${c}\nc: 1\nx: ${a}\n', 1],
    ['a key below a reference', 'a: ${b}\nb: {c: 1}\nx: ${a.c}\n', 1],
    ['a reference inside a reference', 'which: b\na: {b: 7}\nx: ${a.${which}}\n', 7],
    ['hyphens in keys', 'a: {api-version: v1}\nx: ${a.api-version}\n', 'v1'],
    ['blanks around the key', 'a: 1\nx: ${ a }\n', 1],
    ['an escaped one', 'a: 1\nx: \\${a} and ${a}\n', '${a} and 1'],
    ['nothing but an escaped one', 'x: \\${a}\n', '${a}'],
    ['escaped backslashes', 'a: 1\nx: c\\\\${a}\n', 'c\\1'],
    ['a variable', 'x: ${oc.env:HOME_DIR}\n', '/home/x'],
    ['a variable with a number stays a text', 'x: ${oc.env:PORT}\n', '8080'],
    ['a default', 'x: ${oc.env:NOPE,5}\n', '5'],
    ['a default that is a text with blanks', 'x: ${oc.env:NOPE, a b }\n', 'a b'],
    ['an empty default', "x: ${oc.env:NOPE,''}\n", ''],
    ['a default with commas in quotes', `x: "\${oc.env:NOPE,'a,b'}"\n`, 'a,b'],
    ['a default of false as a text', 'x: ${oc.env:NOPE,false}\n', 'false'],
    ['a default of null', 'x: ${oc.env:NOPE,null}\n', null],
    ['a default that is a reference', 'a: 1\nx: ${oc.env:NOPE,${a}}\n', '1'],
    ['a decoded variable', 'x: ${oc.decode:${oc.env:PORT}}\n', 8080],
    ['a decoded list', "x: ${oc.decode:'[1, a]'}\n", [1, 'a']],
    ['a decoded nothing', 'x: ${oc.decode:null}\n', null],
    ['a selected key', 'a: {b: 1}\nx: ${oc.select:a.b,2}\n', 1],
    ['a selected key that is not there', 'x: ${oc.select:a.b,2}\n', 2],
    ['a selected key without a default', 'x: ${oc.select:a.b}\n', null],
    ['a selected key that is mandatory and unset', 'a: ???\nx: ${oc.select:a,2}\n', 2],
    ['what a variable holds, as it is', 'x: ${oc.env:TRICK}\n', '${x} ???'],
  ])('resolves %s', (_, yaml, expected) => {
    const {json, problems} = resolve(yaml, {HOME_DIR: '/home/x', PORT: '8080', TRICK: '${x} ???'});
    expect(problems).toEqual([]);
    expect(json['x']).toEqual(expected);
  });

  it('resolves keys relative to where the value stands', () => {
    const {json} = resolve(
      'a:\n  b: {c: "${.d}", d: 1, e: "${..f}", g: "${...h}", l: ["${..d}"]}\n  f: 2\nh: 3\n',
    );
    expect(json['a']).toEqual({b: {c: 1, d: 1, e: 2, g: 3, l: [1]}, f: 2});
  });

  it('resolves a relative key where it stands, not where it is referred to', () => {
    expect(resolve('a: {b: "${.c}", c: 1}\nx: {y: "${a}", c: 2}\n').json['x']).toEqual({
      y: {b: 1, c: 1},
      c: 2,
    });
  });

  it.each([
    ['a key that is not there', 'x: ${a.b}\n', 'refers to `a.b`, which is not set', '++a.b=<value>'],
    [
      'a slip in a key',
      'policy_api_key: 1\nx: ${policy_apikey}\n',
      'refers to `policy_apikey`',
      '`policy_api_key`?',
    ],
    ['a key beyond a single value', 'a: 1\nx: ${a.b}\n', 'refers to `a.b`', undefined],
    [
      'a variable that is not set',
      'x: ${oc.env:NOPE}\n',
      'variable NOPE is not set',
      '${oc.env:NOPE,default}',
    ],
    ['an unknown resolver', 'x: ${now:%Y}\n', 'no resolver `now`', 'oc.env'],
    ['an open brace', 'x: a${b\n', 'not closed', '\\${'],
    ['an empty reference', 'x: ${}\n', 'not a reference', undefined],
    ['a reference above the root', 'x: ${...a}\n', 'not a reference', undefined],
    ['a map inside a text', 'a: {b: 1}\nx: v${a}\n', 'is a map', undefined],
    ['a text that cannot be decoded', "x: ${oc.decode:'[1'}\n", 'cannot be read', undefined],
    ['a circle', 'x: ${b}\nb: ${c}\nc: v${x}\n', 'refers to itself: x → b → c → x', undefined],
    ['a map that holds itself', 'x: {y: "${x}"}\n', 'refers to itself', undefined],
  ])('reports %s once', (_, yaml, message, hint) => {
    const {problems} = resolve(yaml);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(message);
    if (hint !== undefined) expect(problems[0]?.hint).toContain(hint);
    expect(problems[0]).toMatchObject({file: 'a.yaml', line: expect.any(Number) as number});
  });

  it('says nothing of a reference to a value that is mandatory and unset: that one is told of elsewhere', () => {
    const {json, problems} = resolve('a: ???\nx: v${a}\ny: ${a}\n');
    expect(problems).toEqual([]);
    expect(json).toMatchObject({x: '???', y: '???'});
  });

  it('collects what it was referred to and which variables are credentials', () => {
    const {interpolator} = resolve('a: {b: 1}\nx: ${a.b} ${oc.env:MY_TOKEN} ${oc.env:REGION}\n', {
      MY_TOKEN: 'canary',
      REGION: 'eastus',
    });
    expect([...interpolator.used]).toEqual(['a']);
    expect([...interpolator.secrets]).toEqual(['canary']);
  });
});
