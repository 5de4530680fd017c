import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {runCommandLine} from '../src/cli/program.ts';
import {resolvePackagedPath} from '../src/config/packaged-path.ts';
import {captureIo} from './helpers/capture-io.ts';

const root = resolve(import.meta.dirname, '..');
const pages = ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'docs', 'data', 'results'].flatMap(pagesIn);

describe('docs/errors.md', () => {
  it('lists every code that the source can give, and no other', () => {
    const given = filesIn(join(root, 'src')).flatMap((file) => codesOf(readFileSync(file, 'utf8')));
    const listed = [...read('docs/errors.md').matchAll(/`(ERR_[A-Z_]+)`/g)].map(([, code = '']) => code);
    expect([...new Set(listed)].toSorted()).toEqual([...new Set(given)].toSorted());
  });
});

describe.each(pages)('%s', (page) => {
  it('links to nothing that is not there', () => {
    const targets = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  it('names only files that exist', () => {
    const named = [
      ...read(page).matchAll(
        /(?<![\w/.…*-])[\w.-]+(?:\/[\w.-]+)*\/(?:[\w-]+\.(?:ts|js|json|jsonl|ya?ml|md|txt)\b)?/g,
      ),
    ];
    const isOurs = (path: string) =>
      /\.\w+$/.test(path) || /^(?:src|test|docs|configs|data|bench|bin)\//.test(path);
    const paths = named.map(([path]) => path).filter((path) => isOurs(path) && !isExample(path));
    expect(paths.filter((path) => !isThere(path, page))).toEqual([]);
  });

  it('names only flags that there are', async () => {
    const known = await knownFlags();
    const named = read(page).match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [];
    expect(named.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

function pagesIn(path: string): string[] {
  if (path.endsWith('.md')) return [path];
  return readdirSync(join(root, path), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(path, name));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Codes written as literals; those that a foreign error's code is compared with are not ours. */
function codesOf(source: string): string[] {
  return [...source.matchAll(/(?<!=== )'(ERR_[A-Z_]*[A-Z])'/g)].map(([, code = '']) => code);
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** What a reader's own run would write. */
function isExample(path: string): boolean {
  return /^(?:results|quickstart)\//.test(path);
}

/** From the root, in the source, beside the page, or one of NeMo Gym's own paths. */
function isThere(path: string, page: string): boolean {
  const places = [root, join(root, 'src'), join(root, dirname(page))];
  return (
    places.some((place) => existsSync(join(place, path))) ||
    resolvePackagedPath(path, {cwd: root, packageRoot: root}) !== undefined
  );
}

const ofSlurm = ['--array', '--signal', '--requeue'];

/** The flags of every command, and those of the tools that the pages tell people to run. */
async function knownFlags(): Promise<ReadonlySet<string>> {
  const flags = new Set<string>(ofSlurm);
  for (const command of [
    'collect-rollouts',
    'validate',
    'simulate-azure',
    'aggregate',
    'profile',
    'verify',
    'report',
  ]) {
    const io = captureIo();
    await runCommandLine([command, '--help'], io);
    for (const flag of io.err().match(/--[a-z][a-z-]+/g) ?? []) flags.add(flag);
  }
  return flags;
}
