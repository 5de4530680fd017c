import {readdirSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {compileChunks, openChunks} from '../../src/runtime/compiled-chunks.ts';
import {programPath} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

describe('chunks', () => {
  it.each([
    ['nothing is kept', openChunks],
    ['they are compiled', compileChunks],
  ])('are loaded once, with what they require, where %s', async (_, open) => {
    await using folder = await createTempFolder();
    writeFileSync(
      join(folder.path, 'a.cjs'),
      "exports.b = require('./b.cjs'); exports.path = require('node:path');",
    );
    writeFileSync(join(folder.path, 'b.cjs'), 'module.exports = {made: Symbol()};');

    const chunks = open(folder.path);
    const a = chunks.load('a.cjs') as {b: object; path: object};

    expect(a.b).toBe(chunks.load('b.cjs'));
    expect(chunks.load('a.cjs')).toBe(a);
    expect(a.path).toHaveProperty('join');
  });

  it('run the code that was kept of them', async () => {
    await using folder = await createTempFolder();
    const file = join(folder.path, 'a.cjs');
    writeFileSync(file, 'exports.value = () => 1;');
    const first = compileChunks(folder.path);
    (first.load('a.cjs') as {value: () => number}).value();
    first.keep();

    // Of the text V8 checks no more than its length.
    writeFileSync(file, 'exports.value = () => 2;');
    const {value} = openChunks(folder.path).load('a.cjs') as {value: () => number};

    expect(value()).toBe(1);
  });

  it.each([
    ['is cut off', (file: string) => truncateSync(file, 40)],
    ['is not code at all', (file: string) => writeFileSync(file, 'nonsense')],
  ])('are compiled anew where what was kept %s', async (_, damage) => {
    await using folder = await createTempFolder();
    writeFileSync(join(folder.path, 'a.cjs'), 'exports.value = 1;');
    const first = compileChunks(folder.path);
    first.load('a.cjs');
    first.keep();
    const kept = readdirSync(join(folder.path, 'compiled'))[0] ?? '';
    damage(join(folder.path, 'compiled', kept, 'a.cjs'));

    expect(openChunks(folder.path).load('a.cjs')).toEqual({value: 1});
  });

  it('tell where in their file something went wrong', async () => {
    await using folder = await createTempFolder();
    writeFileSync(join(folder.path, 'a.cjs'), '  exports.fail = () => { throw new Error("no"); };');
    const {fail} = compileChunks(folder.path).load('a.cjs') as {fail: () => void};

    expect(stackOf(fail)).toContain(`${join(folder.path, 'a.cjs')}:1:32`);
  });
});

describe('the built program', () => {
  it('comes with the code of what people start most often', () => {
    const compiled = join(programPath, '../../dist/program/compiled');
    const names = readdirSync(compiled, {recursive: true, encoding: 'utf8'});

    for (const chunk of ['rollcall', 'program-', 'collect-rollouts-', 'survey-input-', 'verify-']) {
      expect(names).toContainEqual(expect.stringContaining(chunk));
    }
  });
});

function stackOf(fail: () => void): string {
  try {
    fail();
  } catch (error) {
    return String((error as Error).stack);
  }
  return 'nothing was thrown';
}
