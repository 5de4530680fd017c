import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import type {Problem} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {writeManifest} from '../../src/store/manifest.ts';
import {type OpenOutput, openOutput} from '../../src/store/open-output.ts';
import {outputPaths} from '../../src/store/output-paths.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

const settings = {input: 'abc', temperature: 0.2};
const time = Date.UTC(2026, 10, 21, 23, 6, 7);

describe('openOutput', () => {
  it('starts fresh where nothing is, making folders and no file but the lock', async () => {
    await using folder = await createTempFolder();
    const output = await open(folder, {name: 'a/b/out.jsonl'});
    expect(output).toMatchObject({resumed: undefined, movedTo: undefined, materialized: false});
    expect(await readdir(folder.file('a/b'))).toEqual(['out_output.lock']);
    await output.release();
    expect(await readdir(folder.file('a/b'))).toEqual([]);
  });

  it.each([{overwrite: false}, {overwrite: true}])(
    'neither removes nor renames an output that is a pipe or a device, overwrite: $overwrite',
    async ({overwrite}) => {
      await using folder = await createTempFolder();
      execFileSync('mkfifo', [folder.file('out.jsonl')]);
      const output = await open(folder, {overwrite});
      await output.abandon();
      expect(await readdir(folder.path)).toEqual(['out.jsonl']);
    },
  );

  it('goes on with an output of the same inputs and settings', async () => {
    await using folder = await createTempFolder();
    await writeEarlier(folder, {output: '{}\n'});
    const output = await open(folder);
    expect(output.resumed?.fingerprint).toEqual(settings);
    expect(output.materialized).toBe(true);
    await output.release();
  });

  it('refuses an output of other inputs or settings, naming each key, and gives it free again', async () => {
    await using folder = await createTempFolder();
    await writeEarlier(folder, {output: '{}\n'});
    const before = await contentsOf(folder);
    await expect(open(folder, {fingerprint: {input: 'xyz', temperature: 1}})).rejects.toMatchObject({
      code: 'ERR_OUTPUT_MISMATCH',
      fault: 'store',
      hint: expect.stringContaining('--overwrite') as string,
      problems: [
        {path: 'input', message: 'was "abc", is "xyz"'},
        {path: 'temperature', message: 'was 0.2, is 1'},
      ],
    });
    expect(await contentsOf(folder)).toEqual(before);
  });

  it('does not ask about other settings when the earlier runs brought nothing', async () => {
    await using folder = await createTempFolder();
    await writeEarlier(folder, {output: '', failures: ''});
    const output = await open(folder, {fingerprint: {input: 'xyz'}});
    expect(output.resumed).toBeUndefined();
    expect(existsSync(folder.file('out.2026-11-21T23-06-07Z_failures.jsonl'))).toBe(true);
    await output.release();
  });

  it('goes on with what has no manifest, but the same materialised rows', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out.jsonl'), '{}\n');
    await writeFile(folder.file('out_materialized_inputs.jsonl'), '{}\n');
    const output = await open(folder);
    expect(output).toMatchObject({resumed: undefined, adopted: true, materialized: true});
    await output.abandon();
    expect(await readdir(folder.path)).toEqual(['out.jsonl', 'out_materialized_inputs.jsonl']);
  });

  it('refuses it where the materialised rows are others, and says which', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out.jsonl'), '{}\n');
    await writeFile(folder.file('out_materialized_inputs.jsonl'), '{}\n');
    const problem = {line: 3, path: 'question', message: 'was "a", is "b"'};
    const opening = open(folder, {differences: [problem]});
    await expect(opening).rejects.toMatchObject({code: 'ERR_OUTPUT_MISMATCH', problems: [problem]});
    expect(await readdir(folder.path)).toEqual(['out.jsonl', 'out_materialized_inputs.jsonl']);
  });

  it.each([{output: '{}\n'}, {failures: '{}\n'}])('refuses what no manifest explains: %j', async (files) => {
    await using folder = await createTempFolder();
    if (files.output !== undefined) await writeFile(folder.file('out.jsonl'), files.output);
    if (files.failures !== undefined) await writeFile(folder.file('out_failures.jsonl'), files.failures);
    await expect(open(folder)).rejects.toMatchObject({
      code: 'ERR_OUTPUT_EXISTS',
      hint: expect.stringContaining('--overwrite') as string,
    });
  });

  it('moves everything aside when told to, into names that make an output again, and never over another', async () => {
    await using folder = await createTempFolder();
    for (const turn of ['first', 'second']) {
      await writeEarlier(folder, {output: `"${turn}"\n`, failures: ''});
      const output = await open(folder, {overwrite: true});
      expect(output.movedTo).toContain('out.2026-11-21T23-06-07Z');
      await output.release();
    }
    const files = await contentsOf(folder);
    const aside = 'out.2026-11-21T23-06-07Z';
    expect(files.get(`${aside}.jsonl`)).toBe('"first"\n');
    expect(files.get(`${aside}-2.jsonl`)).toBe('"second"\n');
    expect(Object.values(outputPaths(folder.file(`${aside}.jsonl`))).filter(existsSync)).toHaveLength(6);
    expect(files.has('out.jsonl')).toBe(false);
  });

  it('lets somebody look at what is there before it is moved aside, and only then', async () => {
    await using folder = await createTempFolder();
    await writeEarlier(folder, {output: '{"a":1}\n'});
    const seen: string[] = [];
    const beforeMoving = async (): Promise<void> => {
      seen.push(await readFile(folder.file('out.jsonl'), 'utf8'));
    };
    await (await open(folder, {beforeMoving})).release();
    expect(seen).toEqual([]);
    await (await open(folder, {overwrite: true, beforeMoving})).release();
    expect(seen).toEqual(['{"a":1}\n']);
  });

  it('overwrites past a manifest that cannot be read', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out_manifest.json'), '{');
    await expect(open(folder)).rejects.toMatchObject({code: 'ERR_OUTPUT_MANIFEST'});
    const output = await open(folder, {overwrite: true});
    expect(existsSync(folder.file('out_manifest.json'))).toBe(false);
    await output.release();
  });

  it('goes to one process at a time', async () => {
    await using folder = await createTempFolder();
    const first = await open(folder);
    await expect(open(folder)).rejects.toMatchObject({
      code: 'ERR_OUTPUT_LOCKED',
      fault: 'store',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    // Only its own file would be another; those beside it are the same.
    await expect(open(folder, {name: 'out.json'})).rejects.toMatchObject({code: 'ERR_OUTPUT_LOCKED'});
    await first.release();
    await (await open(folder)).release();
  });

  it('refuses to replace its own input, under whatever name', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('out_materialized_inputs.jsonl'), '{}\n');
    await symlink(folder.file('out_materialized_inputs.jsonl'), folder.file('in.jsonl'));
    await expect(open(folder, {inputPath: folder.file('in.jsonl')})).rejects.toMatchObject({
      code: 'ERR_OUTPUT_IS_INPUT',
    });
  });

  it.each(['failures', 'materialized', 'manifest', 'chain', 'dispatched'] as const)(
    'refuses a pipe or a folder where its %s are to be, and waits for nobody',
    async (key) => {
      await using folder = await createTempFolder();
      const path = outputPaths(folder.file('out.jsonl'))[key];
      for (const make of ['mkfifo', 'mkdir']) {
        execFileSync(make, [path]);
        const opening = open(folder, {overwrite: true});
        await expect(opening).rejects.toMatchObject({code: 'ERR_OUTPUT_PATH', message: `${path} is no file`});
        await rm(path, {recursive: true});
      }
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  it('says when the output is a folder, or cannot be made', async () => {
    await using folder = await createTempFolder();
    await mkdir(folder.file('out.jsonl'));
    await expect(open(folder)).rejects.toMatchObject({
      code: 'ERR_OUTPUT_PATH',
      hint: expect.stringContaining('folder') as string,
    });
    await writeFile(folder.file('file'), '');
    await expect(open(folder, {name: 'file/out.jsonl'})).rejects.toMatchObject({code: 'ERR_OUTPUT_PATH'});
  });

  it.skipIf(!existsSync('/proc/self'))('says so where a file system takes no folders', async () => {
    const paths = outputPaths('/proc/no-such-folder/out.jsonl');
    const compareRows = (): Promise<readonly Problem[]> => Promise.resolve([]);
    const beforeMoving = (): Promise<void> => Promise.resolve();
    const clock = createFakeClock(time);
    const options = {fingerprint: settings, overwrite: false, clock, compareRows, beforeMoving};
    await expect(openOutput(paths, options)).rejects.toMatchObject({code: 'ERR_OUTPUT_PATH'});
  });

  it('leaves no folder behind where the path ends in something that is none', async () => {
    await using folder = await createTempFolder();
    const name = `a/b/${'n'.repeat(300)}`;
    await expect(open(folder, {name})).rejects.toMatchObject({code: 'ERR_OUTPUT_PATH'});
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('leaves no folder behind when the start fails', async () => {
    await using folder = await createTempFolder();
    const output = await open(folder, {name: 'a/b/out.jsonl'});
    for (const name of [
      'out.jsonl',
      'out_failures.jsonl',
      'out_manifest.json',
      'out_materialized_inputs.jsonl',
      'out_chain.jsonl',
      'out_dispatched.jsonl',
    ]) {
      await writeFile(folder.file(`a/b/${name}`), name.includes('_m') ? 'x' : '');
    }
    await output.abandon();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('abandons nothing that holds a record', async () => {
    await using folder = await createTempFolder();
    const output = await open(folder);
    await writeFile(folder.file('out.jsonl'), '{}\n');
    await writeFile(folder.file('out_manifest.json'), '{}');
    await output.abandon();
    expect(await readdir(folder.path)).toEqual(['out.jsonl', 'out_manifest.json']);
  });
});

interface OpenTestOptions {
  readonly name?: string;
  readonly fingerprint?: JsonObject;
  readonly overwrite?: boolean;
  readonly inputPath?: string;
  readonly differences?: readonly Problem[];
  readonly beforeMoving?: () => Promise<void>;
}

function open(
  folder: TempFolder,
  {
    name = 'out.jsonl',
    fingerprint = settings,
    overwrite = false,
    inputPath,
    differences = [],
    beforeMoving = () => Promise.resolve(),
  }: OpenTestOptions = {},
): Promise<OpenOutput> {
  const clock = createFakeClock(time);
  return openOutput(outputPaths(folder.file(name)), {
    ...{fingerprint, overwrite, clock, inputPath},
    compareRows: () => Promise.resolve(differences),
    beforeMoving,
  });
}

async function writeEarlier(folder: TempFolder, {output = '', failures = ''}): Promise<void> {
  const paths = outputPaths(folder.file('out.jsonl'));
  await writeFile(paths.output, output);
  await writeFile(paths.failures, failures);
  await writeFile(paths.materialized, '{}\n');
  await writeFile(paths.chain, '');
  await writeFile(paths.dispatched, '');
  await writeManifest(paths.manifest, {fingerprint: settings, about: {}, runs: []}, (text) => text);
}

async function contentsOf(folder: TempFolder): Promise<Map<string, string>> {
  const names = (await readdir(folder.path)).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(folder.file(name), 'utf8')] as const)),
  );
}
