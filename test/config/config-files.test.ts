import {describe, expect, it} from 'vitest';
import {createFolder} from './config-folder.ts';

const names = (files: readonly string[]) => files.map((file) => file.replace(/^.*\//, ''));

describe('config_paths', () => {
  it('merge what a file includes below it, at every depth, and siblings in their order', async () => {
    await using folder = await createFolder({
      'a.yaml': 'config_paths: [b.yaml, c.yaml]\nv: {a: a}\n',
      'b.yaml': 'config_paths: [d.yaml]\nv: {a: b, b: b, x: b}\n',
      'c.yaml': 'v: {a: c, b: c, c: c, d: c}\n',
      'd.yaml': 'v: {a: d, b: d, c: d, d: d, x: d, y: d}\n',
    });
    const config = await folder.load({configPaths: ['a.yaml']});
    expect(names(config.files)).toEqual(['d.yaml', 'b.yaml', 'c.yaml', 'a.yaml']);
    expect(config.document['v']).toEqual({a: 'a', b: 'c', c: 'c', d: 'c', x: 'b', y: 'd'});
  });

  it('read a file once, also where files include each other', async () => {
    await using folder = await createFolder({
      'a.yaml': 'config_paths: [b.yaml, shared.yaml]\n',
      'b.yaml': 'config_paths: [a.yaml, ./shared.yaml]\n',
      'shared.yaml': 'limit: 1\n',
    });
    const {files} = await folder.load({configPaths: ['a.yaml', 'a.yaml']});
    expect(names(files)).toEqual(['shared.yaml', 'b.yaml', 'a.yaml']);
  });

  it('are found from the working directory, then beside the file that includes, then in the package', async () => {
    await using folder = await createFolder({
      'conf/a.yaml': 'config_paths: [one.yaml, two.yaml]\n',
      'one.yaml': 'v: {one: here}\n',
      'conf/one.yaml': 'v: {one: beside}\n',
      'conf/two.yaml': 'v: {two: beside}\n',
    });
    const {document} = await folder.load({configPaths: ['conf/a.yaml']});
    expect(document['v']).toEqual({one: 'here', two: 'beside'});
  });

  it('come from the env file when the command line names none, and only then', async () => {
    await using folder = await createFolder({
      'env.yaml': 'which: a\nconfig_paths: ["${which}.yaml"]\n',
      'a.yaml': 'v: a\n',
      'b.yaml': 'w: b\n',
    });
    expect((await folder.load()).document).toMatchObject({v: 'a'});
    expect((await folder.load({overrides: ['+which=b']})).document).toMatchObject({w: 'b'});
    const {document} = await folder.load({overrides: ['+config_paths=[b.yaml]']});
    expect([document['v'], document['w']]).toEqual([undefined, 'b']);
  });

  it.each([
    {where: 'one line', list: '[a.yaml, b.yaml]'},
    {where: 'several lines', list: '[\n  a.yaml,\n  b.yaml\n]'},
    {where: 'lines that end in backslashes', list: '[a.yaml, \\\nb.yaml]'},
    {where: 'one line, with a backslash left over', list: '[a.yaml, \\ b.yaml]'},
  ])('may be written in $where', async ({list}) => {
    await using folder = await createFolder({'a.yaml': 'v: a\n', 'b.yaml': 'v: b\n'});
    const {files} = await folder.load({overrides: [`+config_paths=${list}`]});
    expect(names(files)).toEqual(['a.yaml', 'b.yaml']);
  });

  it('of flags and of several overrides add up, flags first', async () => {
    await using folder = await createFolder({'a.yaml': 'v: a\n', 'b.yaml': 'v: b\n', 'c.yaml': 'v: c\n'});
    const config = await folder.load({
      configPaths: ['a.yaml'],
      overrides: ['+config_paths=[b.yaml]', '+config_paths=[c.yaml]'],
    });
    expect(names(config.files)).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
  });

  it('take one name as well as a list', async () => {
    await using folder = await createFolder({'a.yaml': 'v: a\n'});
    expect((await folder.load({overrides: ['+config_paths=a.yaml']})).document).toMatchObject({v: 'a'});
  });

  it.each([
    ['config_paths: [5]\n', 3],
    ['config_paths: {a: b}\n', 2],
    ['config_paths: [""]\n', 3],
  ])('refuse %j', async (yaml) => {
    await using folder = await createFolder({'a.yaml': yaml});
    expect(await folder.problems({configPaths: ['a.yaml']})).toEqual([
      expect.objectContaining({
        message: 'not a list of file names',
        path: 'config_paths',
        file: 'a.yaml',
        line: 1,
      }),
    ]);
  });

  it('that lead nowhere are told with every place searched', async () => {
    await using folder = await createFolder({'conf/a.yaml': 'config_paths:\n  - gone.yaml\n'});
    const [problem] = await folder.problems({configPaths: ['conf/a.yaml']});
    expect(problem).toMatchObject({file: 'conf/a.yaml', line: 2, column: 5});
    expect(problem?.hint).toBe(`Looked for ${folder.cwd}/gone.yaml, ${folder.cwd}/conf/gone.yaml`);
  });
});
