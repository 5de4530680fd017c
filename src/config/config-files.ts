import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {dirname, isAbsolute, relative, resolve} from 'node:path';
import type {Problem} from '../core/errors.ts';
import {type ConfigNode, emptyMap, type MapNode, nodeAt, type Origin} from './config-node.ts';
import {Interpolator} from './interpolator.ts';
import {mergeMaps} from './merge-nodes.ts';
import {searchedPaths} from './packaged-path.ts';
import {parseYaml} from './yaml-document.ts';

/** A file that somebody asked for, and where they did. */
interface Request {
  readonly path: string;
  readonly origin: Origin;
}

export interface FileOptions {
  readonly configPaths: readonly string[];
  readonly envPath?: string | undefined;
  readonly cwd: string;
  readonly packageRoot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the overrides set: it may name files, and files may refer to it in the names of theirs. */
  readonly overrides: MapNode;
}

export interface ConfigFiles {
  /** Lowest first: the include tree in post-order, then the env file. */
  readonly layers: readonly MapNode[];
  /** Absolute paths, in the same order, the env file's left out. */
  readonly files: readonly string[];
  readonly envFile: string | undefined;
}

/** Reads the env file, the files asked for and everything they include. Each file that is missing or malformed is reported. */
export async function readConfigFiles(
  options: FileOptions,
  report: (problem: Problem) => void,
): Promise<ConfigFiles> {
  return new FileReader(options, report).readAll();
}

class FileReader {
  readonly #options: FileOptions;
  readonly #report: (problem: Problem) => void;
  readonly #layers = new Map<string, MapNode>();
  readonly #seen = new Set<string>();
  #env: MapNode = emptyMap({file: 'env.yaml'});

  constructor(options: FileOptions, report: (problem: Problem) => void) {
    this.#options = options;
    this.#report = report;
  }

  async readAll(): Promise<ConfigFiles> {
    const envFile = this.#findEnvFile();
    if (envFile !== undefined) this.#env = (await this.#readYaml(envFile)) ?? this.#env;
    for (const request of this.#requestedPaths()) await this.#include(request, undefined);
    const layers = [...this.#layers];
    return {
      layers: [...layers.map(([, layer]) => layer), this.#env],
      files: layers.map(([file]) => file),
      envFile,
    };
  }

  #findEnvFile(): string | undefined {
    const {envPath, cwd} = this.#options;
    const file = resolve(cwd, envPath ?? 'env.yaml');
    if (existsSync(file)) return file;
    if (envPath !== undefined) {
      this.#report({
        message: `the env file \`${envPath}\` does not exist`,
        file: '--env',
        hint: `Looked for ${file}`,
      });
    }
    return undefined;
  }

  /** The command line's paths; the env file's only if it names none, as with every other key. */
  #requestedPaths(): readonly Request[] {
    const {configPaths, overrides} = this.#options;
    const flags = configPaths.map((path) => ({path, origin: {file: '--config'}}));
    const words = this.#pathsOf(overrides, overrides);
    const asked = [...flags, ...words];
    return asked.length > 0 || nodeAt(overrides, ['config_paths']) !== undefined
      ? asked
      : this.#pathsOf(this.#env, mergeMaps(this.#env, overrides));
  }

  async #include({path, origin}: Request, includer: string | undefined): Promise<void> {
    const places = this.#placesOf(path, includer);
    const file = places.find((place) => existsSync(place));
    if (file === undefined) {
      const {file: where, line, column} = origin;
      const hint = `Looked for ${places.join(', ')}`;
      this.#report({
        message: `the configuration file \`${path}\` does not exist`,
        file: where,
        line,
        column,
        hint,
      });
      return;
    }
    if (this.#seen.has(file)) return;
    this.#seen.add(file);
    const layer = await this.#readYaml(file);
    if (layer === undefined) return;
    const context = mergeMaps(mergeMaps(layer, this.#env), this.#options.overrides);
    for (const request of this.#pathsOf(layer, context)) await this.#include(request, file);
    this.#layers.set(file, layer);
  }

  #placesOf(path: string, includer: string | undefined): readonly string[] {
    const [first = resolve(this.#options.cwd, path), ...packaged] = searchedPaths(path, this.#options);
    const beside = includer === undefined || isAbsolute(path) ? [] : [resolve(dirname(includer), path)];
    return [...new Set([first, ...beside, ...packaged])];
  }

  #pathsOf(layer: MapNode, context: MapNode): readonly Request[] {
    const raw = layer.entries.get('config_paths');
    if (raw === undefined) return [];
    const interpolator = new Interpolator(context, {env: this.#options.env, report: this.#report});
    const node = interpolator.resolve(raw, ['config_paths']);
    if (node.kind === 'scalar' && (node.value === null || node.reported === true)) return [];
    return (node.kind === 'list' ? node.items : [node]).flatMap((item) => this.#requestOf(item));
  }

  #requestOf(item: ConfigNode): readonly Request[] {
    const {file, line, column} = item.origin;
    // A list that went on in the next line of a shell, inside single quotes, has the backslash still in it.
    const path =
      item.kind === 'scalar' && typeof item.value === 'string' ? item.value.replace(/^\\\s/, '').trim() : '';
    if (path !== '') return [{path, origin: item.origin}];
    this.#report({
      message: 'not a list of file names',
      file,
      line,
      column,
      path: 'config_paths',
      hint: 'Write `config_paths: [a.yaml, b.yaml]`.',
    });
    return [];
  }

  async #readYaml(file: string): Promise<MapNode | undefined> {
    const shown = displayName(file, this.#options.cwd);
    try {
      const text = await readFile(file, 'utf8');
      return parseYaml(text, {file: shown, folder: dirname(file)}, this.#report);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      this.#report({
        message: `the file cannot be read: ${code === 'EISDIR' ? 'it is a folder' : code}`,
        file: shown,
      });
      return undefined;
    }
  }
}

/** Short where the file is below the working directory, absolute elsewhere. */
function displayName(file: string, cwd: string): string {
  const short = relative(cwd, file);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short;
}
