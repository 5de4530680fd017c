import {execFileSync} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {fingerprintDifferences, readManifest, writeManifest} from '../../src/store/manifest.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const same = (text: string): string => text;

describe('a manifest', () => {
  it('comes back as it was written', async () => {
    await using folder = await createTempFolder();
    const manifest = {
      fingerprint: {input: {sha256: 'abc'}, num_repeats: 2},
      about: {rollcall: '0.1.0', rollouts: 10},
      runs: [
        {
          startedAt: '2026-01-01T00:00:00.000Z',
          endedAt: '2026-01-01T00:01:00.000Z',
          exitCode: 3,
          deployments: [{name: 'gpt', changes: [{after_s: 0, places: 10}]}],
        },
        {startedAt: '2026-01-02T00:00:00.000Z', endedAt: undefined, exitCode: undefined},
      ],
    };
    await writeManifest(folder.file('m.json'), manifest, same);
    expect(await readManifest(folder.file('m.json'))).toEqual(manifest);
  });

  it('holds no secret', async () => {
    await using folder = await createTempFolder();
    const redact = (text: string): string => text.replaceAll('canary', '****');
    await writeManifest(
      folder.file('m.json'),
      {fingerprint: {url: 'x?sig=canary'}, about: {}, runs: []},
      redact,
    );
    expect(await readFile(folder.file('m.json'), 'utf8')).not.toContain('canary');
  });

  it('is undefined when there is none', async () => {
    await using folder = await createTempFolder();
    expect(await readManifest(folder.file('m.json'))).toBeUndefined();
  });

  it.each([
    '',
    '{',
    '[]',
    '{}',
    '{"rollcall_manifest":2,"fingerprint":{},"runs":[]}',
    '{"rollcall_manifest":1,"fingerprint":1,"runs":[]}',
  ])('is refused when it is %j', async (text) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('m.json'), text);
    await expect(readManifest(folder.file('m.json'))).rejects.toMatchObject({
      code: 'ERR_OUTPUT_MANIFEST',
      hint: expect.stringContaining('--overwrite') as string,
    });
  });

  it('is refused, and not waited for, where a pipe or a folder is in its place', async () => {
    await using folder = await createTempFolder();
    execFileSync('mkfifo', [folder.file('m.json')]);
    for (const path of [folder.file('m.json'), folder.path])
      await expect(readManifest(path)).rejects.toMatchObject({code: 'ERR_OUTPUT_MANIFEST'});
  });

  it('that cannot be written is a fault of the store', async () => {
    await using folder = await createTempFolder();
    const writing = writeManifest(folder.file('no/m.json'), {fingerprint: {}, about: {}, runs: []}, same);
    await expect(writing).rejects.toMatchObject({code: 'ERR_STORE_WRITE', fault: 'store'});
  });
});

describe('fingerprintDifferences', () => {
  it('names each key that differs, with both values', () => {
    const before: JsonObject = {limit: 5, model: {name: 'a', key: 'x'}, gone: true, list: [1, 2], params: {}};
    const after: JsonObject = {limit: 6, model: {name: 'a', key: 'y'}, params: {top_p: 1}, list: [1]};
    expect(fingerprintDifferences(before, after)).toEqual([
      {path: 'limit', message: 'was 5, is 6'},
      {path: 'model.key', message: 'was "x", is "y"'},
      {path: 'gone', message: 'was true, is not set'},
      {path: 'list', message: 'was [1,2], is [1]'},
      {path: 'params.top_p', message: 'was not set, is 1'},
    ]);
  });

  it('tells a name with a dot from a name within a name', () => {
    const [before, after] = [
      {'a.b': 1, a: {b: 2}},
      {'a.b': 1, a: {b: 3}},
    ];
    expect(fingerprintDifferences(before, after)).toEqual([{path: 'a.b', message: 'was 2, is 3'}]);
    expect(fingerprintDifferences(before, {...before, 'a.b': 4})).toEqual([
      {path: '"a.b"', message: 'was 1, is 4'},
    ]);
  });

  it('finds none between an object and itself, in whatever order its keys are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const before = JSON.parse(JSON.stringify(object)) as JsonObject;
        expect(fingerprintDifferences(before, reversed(before) as JsonObject)).toEqual([]);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, part]) => [key, reversed(part)]));
}
