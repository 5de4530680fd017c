import {existsSync} from 'node:fs';
import {isAbsolute, join, relative, resolve} from 'node:path';

export interface PathRoots {
  /** The working directory. */
  readonly cwd: string;
  /** The folder this package is installed in: it holds `configs/` and `data/`. */
  readonly packageRoot: string;
}

const name = String.raw`(\w[\w.-]*)`;
// Where NeMo Gym keeps its files, and where the packaged file of the same name is.
const layouts: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(String.raw`^responses_api_models/azure_openai_model/configs/${name}\.yaml$`),
    'configs/$1.yaml',
  ],
  [
    new RegExp(String.raw`^resources_servers/equivalence_llm_judge/configs/${name}\.yaml$`),
    'configs/$1.yaml',
  ],
  [new RegExp(String.raw`^resources_servers/equivalence_llm_judge/data/${name}\.jsonl$`), 'data/$1.jsonl'],
  [
    new RegExp(String.raw`^(?:resources_servers/equivalence_llm_judge/)?prompt_templates/${name}\.txt$`),
    'configs/prompts/$1.txt',
  ],
  [/^((?:configs|data)\/.+)$/, '$1'],
];

/** Every place a path is looked for, in order: as it is (from `cwd`), then the packaged file that NeMo Gym's path means. */
export function searchedPaths(path: string, {cwd, packageRoot}: PathRoots): readonly string[] {
  if (isAbsolute(path)) return [path];
  const plain = path.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
  const packaged = layouts.flatMap(([pattern, target]) =>
    pattern.test(plain) ? [join(packageRoot, plain.replace(pattern, target))] : [],
  );
  const inPackage = packaged.filter((file) => !relative(packageRoot, file).startsWith('..'));
  return [...new Set([resolve(cwd, path), ...inPackage])];
}

/**
 * The absolute path of an existing file: relative to `cwd`, or the packaged file where a path is NeMo Gym's own
 * (`resources_servers/equivalence_llm_judge/data/example.jsonl`, `prompt_templates/….txt`). Undefined if neither exists.
 */
export function resolvePackagedPath(path: string, roots: PathRoots): string | undefined {
  return searchedPaths(path, roots).find((file) => existsSync(file));
}
