import {exitCodes} from '../core/errors.ts';
import {type Io, processIo} from './io.ts';
import {renderError} from './render-error.ts';

/** Runs the program for this process and leaves its exit code behind. `command` stands before the arguments (aliases). */
export async function runProgram(command: readonly string[] = []): Promise<void> {
  const io = processIo();
  // A reader that went away (`| head`) is no failure of ours.
  io.stdout.on('error', ignoreClosedPipe);
  io.stderr.on('error', ignoreClosedPipe);
  process.exitCode = await main([...command, ...process.argv.slice(2)], io);
}

/** The whole program: arguments in, exit code out (contract, "Exit codes"). Never ends the process itself. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const {runCommandLine} = await import('./program.ts');
    return await runCommandLine(argv, io);
  } catch (error) {
    const {text, exitCode} = renderError(error);
    io.stderr.write(text);
    return exitCode;
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = exitCodes.ok;
}
