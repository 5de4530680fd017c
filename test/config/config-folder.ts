import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {type LoadedConfig, type LoadOptions, loadConfig} from '../../src/config/load-config.ts';
import type {Problem} from '../../src/core/errors.ts';
import {RollcallError} from '../../src/core/errors.ts';

type FolderOptions = Partial<Omit<LoadOptions, 'cwd' | 'packageRoot'>> & {readonly packageRoot?: string};

export interface ConfigFolder extends AsyncDisposable {
  readonly cwd: string;
  load(options?: FolderOptions): Promise<LoadedConfig>;
  /** The problems of a load that must fail. */
  problems(options?: FolderOptions): Promise<readonly Problem[]>;
}

/** A temporary working directory with some files; the packaged ones are those of this repository. */
export async function createFolder(files: Readonly<Record<string, string>> = {}): Promise<ConfigFolder> {
  const cwd = await mkdtemp(join(tmpdir(), 'config-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), {recursive: true});
    await writeFile(join(cwd, name), content);
  }
  const load = (options: FolderOptions = {}) =>
    loadConfig({configPaths: [], overrides: [], env: {}, packageRoot: process.cwd(), ...options, cwd});
  return {
    cwd,
    load,
    problems: async (options) => {
      const error: unknown = await load(options).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof RollcallError)) throw new Error('expected a RollcallError', {cause: error});
      if (error.code !== 'ERR_CONFIG' || error.fault !== 'config') throw error;
      return error.problems;
    },
    [Symbol.asyncDispose]: () => rm(cwd, {recursive: true}),
  };
}

/** A complete model `policy_model`, with more lines in its settings. */
export function modelYaml(...lines: readonly string[]): string {
  return [
    'policy_model:',
    '  responses_api_models:',
    '    azure_openai_model:',
    '      entrypoint: app.py',
    '      openai_base_url: https://here.openai.azure.com',
    '      openai_api_key: canary-key-123456',
    '      openai_model: gpt-4o-mini',
    ...lines.map((line) => `      ${line}`),
    '',
  ].join('\n');
}
