import {exitCodes} from '../core/errors.ts';
import {type Io, processIo} from './io.ts';
import {renderError} from './render-error.ts';

/** Runs the program for this process and leaves its exit code behind. `command` stands before the arguments (aliases). */
export async function runProgram(command: readonly string[] = []): Promise<void> {
  const io = processIo();
  let lost: NodeJS.ErrnoException | undefined;
  io.stdout.on('error', (error) => (lost ??= error));
  // Whoever reads what is meant for people may go away; the work goes on, and there is nobody left to tell.
  io.stderr.on('error', () => undefined);
  const exitCode = await main([...command, ...process.argv.slice(2)], io);
  await new Promise<void>((resolve) => io.stdout.write('', () => resolve()));
  process.exitCode = exitCode === exitCodes.ok && isLoss(lost) ? reportLoss(lost, io) : exitCode;
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

/** A reader that went away (`| head`) had what it wanted; a full disk has not. */
function isLoss(error: NodeJS.ErrnoException | undefined): error is NodeJS.ErrnoException {
  return error !== undefined && error.code !== 'EPIPE';
}

function reportLoss({message}: Error, io: Io): number {
  io.stderr.write(`Error: cannot write standard output: ${message}\n`);
  return exitCodes.endedEarly;
}
