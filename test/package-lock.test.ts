import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, it} from 'vitest';

type Packages = Readonly<Record<string, {readonly optionalDependencies?: Readonly<Record<string, string>>}>>;

const lockFile = join(import.meta.dirname, '../package-lock.json');

// npm leaves out what its registry did not have for other systems; `npm ci` then refuses the lock as out of step.
it('package-lock.json has an entry for every optional dependency, whatever system it is for', async () => {
  const {packages} = JSON.parse(await readFile(lockFile, 'utf8')) as {readonly packages: Packages};
  const missing = Object.entries(packages).flatMap(([place, {optionalDependencies = {}}]) =>
    Object.keys(optionalDependencies).filter((name) => !isLocked(packages, place, name)),
  );
  expect(missing).toEqual([]);
});

/** Looks where Node would: below the package that asks, then below each package around it. */
function isLocked(packages: Packages, place: string, name: string): boolean {
  const folders = place.split('/node_modules/');
  return folders.some((_, index) => {
    const folder = folders.slice(0, folders.length - index).join('/node_modules/');
    return (
      packages[`${folder}/node_modules/${name}`] !== undefined ||
      packages[`node_modules/${name}`] !== undefined
    );
  });
}
