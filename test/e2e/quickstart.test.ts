import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {runShell} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {identities, parseLines} from './workplace.ts';

const root = join(import.meta.dirname, '../..');

describe('npm run quickstart', () => {
  it('collects and judges every example row against the embedded simulator, and says that it was simulated', async () => {
    await using folder = await createTempFolder();
    const {scripts} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      scripts: Readonly<Record<string, string>>;
    };
    const command = (scripts['quickstart'] ?? '').replace('node bin/rollcall.js', 'rollcall');
    expect(command).toContain('--output results/quickstart/rollouts.jsonl');
    const {exitCode, stdout, stderr} = await runShell(command.replace('results/quickstart', folder.path), {
      cwd: root,
    });
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''});
    expect(stderr).toMatch(/✓ 48 rollouts completed.*mean reward +0\.\d+.*Simulated:/s);
    const records = parseLines(await readFile(folder.file('rollouts.jsonl'), 'utf8'));
    expect(new Set(identities(records)).size).toBe(48);
    expect(records.every(({reward}) => typeof reward === 'number')).toBe(true);
    expect(new Set(records.map(({reward}) => reward)).size).toBeGreaterThan(1);
  });
});
