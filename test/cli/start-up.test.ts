import {readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {expect, it} from 'vitest';

const cli = resolve(import.meta.dirname, '../../src/cli');

// Loading a parser, a validator and a client takes longer than everything that `--help` does.
it('what --help loads needs no package but the one that reads command lines', () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, typeOnly, target = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (type )?[^;]*?from '([^']+)';/gm,
    )) {
      if (typeOnly !== undefined || target.startsWith('node:')) continue;
      if (target.startsWith('.')) visit(join(dirname(file), target));
      else packages.add(target);
    }
  };
  visit(join(cli, 'main.ts'));
  visit(join(cli, 'program.ts'));
  expect([...packages]).toEqual(['commander']);
  expect(seen.size).toBeLessThan(15);
});
