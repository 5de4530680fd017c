import {readdir, readFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {resolvePackagedPath} from '../config/packaged-path.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {ManifestSource} from '../manifests/load-manifests.ts';
import {decodeManifest} from '../manifests/manifest-text.ts';
import {packageRoot} from '../runtime/installation.ts';
import type {AppEnvironment} from './environment.ts';

/**
 * Reads files of Kubernetes documents, of a folder all that kubectl would take, and standard input for `-`. Fails with
 * `ERR_CONFIG`, which names everything that cannot be read.
 */
export async function readManifests(
  paths: readonly string[],
  {cwd, stdin}: AppEnvironment,
): Promise<readonly ManifestSource[]> {
  const problems: Problem[] = [];
  const sources: ManifestSource[] = [];
  for (const path of paths) {
    try {
      if (path === '-') sources.push({file: 'standard input', text: decodeManifest(await buffer(stdin))});
      else sources.push(...(await readPath(path, cwd)));
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException;
      problems.push({file: path, message: code === 'ENOENT' ? 'there is no such file' : message});
    }
  }
  if (problems.length === 0) return sources;
  throw new RollcallError('the manifests cannot be read', {code: 'ERR_CONFIG', fault: 'config', problems});
}

async function readPath(path: string, cwd: string): Promise<readonly ManifestSource[]> {
  const found = resolvePackagedPath(path, {cwd, packageRoot}) ?? resolve(cwd, path);
  const names = await readdir(found).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (names === undefined) return [{file: path, text: decodeManifest(await readFile(found))}];
  const files = names.filter((name) => /\.(?:ya?ml|json)$/.test(name)).toSorted();
  if (files.length === 0) throw new Error('there is no .yaml, .yml or .json file in this folder');
  return Promise.all(
    files.map(async (name) => ({
      file: join(path, name),
      text: decodeManifest(await readFile(join(found, name))),
    })),
  );
}
