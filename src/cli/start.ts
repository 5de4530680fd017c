import {openChunks} from '../runtime/compiled-chunks.ts';
import {tuneEngine} from '../runtime/engine.ts';

/** Loads the program that lies beside this file and runs it; `command` stands before the arguments (aliases). */
export function start(command: readonly string[] = []): Promise<void> {
  tuneEngine();
  const {runProgram} = openChunks(import.meta.dirname).load('rollcall.cjs') as typeof import('./main.ts');
  return runProgram(command);
}
