import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, normalize, sep} from 'node:path';
import {describe, expect, it} from 'vitest';

// Which room may import which. An edge that is not here fails, and so does a permission that nothing uses.
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: ['core'],
  protocol: ['core'],
  config: ['core', 'runtime'],
  dataset: ['core', 'runtime', 'protocol'],
  azure: ['core', 'protocol'],
  dispatch: ['core'],
  budget: ['core'],
  agent: ['core'],
  judge: ['core'],
  store: ['core', 'runtime'],
  metrics: ['core'],
  manifests: ['core'],
  gym: ['core'],
  servers: ['core', 'runtime', 'manifests', 'metrics'],
  report: ['core', 'metrics'],
  simulator: ['core', 'runtime'],
  collect: ['core'],
  app: [
    'core',
    'runtime',
    'config',
    'dataset',
    'azure',
    'dispatch',
    'budget',
    'agent',
    'judge',
    'gym',
    'manifests',
    'servers',
    'store',
    'metrics',
    'simulator',
    'collect',
    'report',
  ],
  index: ['core', 'runtime', 'protocol', 'simulator', 'app'],
  cli: ['core', 'runtime', 'report', 'app'],
};

const edges = sourceFiles('src').flatMap((file) =>
  importsOf(file).map((target) => ({file, from: roomOf(file), to: roomOf(target)})),
);

describe('the rooms', () => {
  it('import only what the table allows', () => {
    const forbidden = edges.filter(({from, to}) => from !== to && !(allowed[from] ?? []).includes(to));
    expect(forbidden).toEqual([]);
  });

  it('have no permission that nothing uses', () => {
    const used = new Set(edges.map(({from, to}) => `${from} -> ${to}`));
    const rooms = new Set(sourceFiles('src').map(roomOf));
    const unused = Object.entries(allowed)
      .flatMap(([from, targets]) => targets.map((to) => `${from} -> ${to}`))
      .filter((edge) => !used.has(edge));
    expect(unused).toEqual([]);
    expect([...rooms].filter((room) => allowed[room] === undefined)).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)].map((match) =>
    normalize(join(dirname(file), match[1] ?? match[2] ?? '')),
  );
}

/** The first folder below `src`; the public entry `src/index.ts` is a room of its own. */
function roomOf(file: string): string {
  const [, room = ''] = file.split(sep);
  return room.replace(/\.ts$/, '');
}
