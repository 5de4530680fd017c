import {openStandaloneSimulator} from '../../app/open-standalone-simulator.ts';
import {exitCodes} from '../../core/errors.ts';
import {listenForSignals, type StopSignal} from '../../runtime/signals.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {readServerFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';

/** `rollcall simulate-azure`: serves until a signal comes; the signal's exit code is the program's. */
export async function simulateAzure({flags, overrides}: Invocation, io: Io): Promise<number> {
  const wanted = readServerFlags(flags);
  const environment = createAppEnvironment(io, {
    verbose: wanted.verbose,
    writeLine: (line) => void io.stderr.write(`${line}\n`),
  });
  const stopped = nextSignal();
  try {
    const {name, title, simulator} = await openStandaloneSimulator(
      {...wanted, overrides},
      wanted,
      environment,
    );
    const {url} = simulator;
    environment.logger.info(`${title}: ${url} (control: ${url}/__sim/). Ctrl-C stops it.`);
    if (wanted.json) {
      io.stdout.write(`${JSON.stringify({ready: true, servers: [{name, type: 'simulator', url}]})}\n`);
    }
    const signal = await stopped.signal;
    await simulator.close();
    return signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  } catch (error) {
    const {text, exitCode} = renderError(error, environment.redactor.redact);
    io.stderr.write(text);
    return exitCode;
  } finally {
    stopped.stopListening();
  }
}

function nextSignal(): {readonly signal: Promise<StopSignal>; readonly stopListening: () => void} {
  let stopListening = (): void => undefined;
  const signal = new Promise<StopSignal>((resolve) => {
    stopListening = listenForSignals({onFirst: resolve, onAgain: resolve});
  });
  return {signal, stopListening};
}
