import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough, Writable} from 'node:stream';
import {compileChunks} from '../runtime/compiled-chunks.ts';
import {tuneEngine} from '../runtime/engine.ts';
import {packageRoot} from '../runtime/installation.ts';
import type {Io} from './io.ts';

// The last step of the build: runs what people start most often, against the embedded simulator, and keeps what V8 compiled
// for that beside the program. Without it everything works, and starts a tenth of a second later.
void keepCompiled(import.meta.dirname);

async function keepCompiled(program: string): Promise<void> {
  tuneEngine();
  const chunks = compileChunks(program);
  const {main} = chunks.load('rollcall.cjs') as typeof import('./main.ts');
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  try {
    for (const command of usualCommands(join(folder, 'rollouts.jsonl')))
      await main(command, silentIo(folder));
    chunks.keep();
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function usualCommands(output: string): string[][] {
  const config = ['--config', join(packageRoot, 'configs/quickstart.yaml')];
  const input = ['--input', join(packageRoot, 'data/example.jsonl')];
  const collect = ['collect-rollouts', ...config, ...input, '--output', output];
  return [
    ['--help'],
    ['collect-rollouts', '--help'],
    ['validate', ...config, ...input],
    [...collect, '--dry-run'],
    collect,
    collect,
    ['verify', output],
    ['profile', output],
    ['report', output],
    ['aggregate', output, '--output', join(output, '../merged.jsonl')],
  ];
}

function silentIo(cwd: string): Io {
  const nowhere = (): Writable => new Writable({write: (_chunk, _encoding, done) => done()});
  const terminal = {terminal: false, interactive: false, colour: false, columns: () => 80};
  return {stdin: new PassThrough().end(), stdout: nowhere(), stderr: nowhere(), env: {}, cwd, ...terminal};
}
