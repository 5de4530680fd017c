import type {AppEnvironment} from '../../app/environment.ts';
import {type RunningServers, runServers} from '../../app/run-servers.ts';
import {CancellationSource} from '../../core/cancellation.ts';
import {CancelledError, RollcallError} from '../../core/errors.ts';
import {formatDuration} from '../../report/format-quantity.ts';
import {type ChildCommand, startCommand} from '../../runtime/child-command.ts';
import {systemClock} from '../../runtime/clock.ts';
import {createLineSink} from '../../runtime/line-sink.ts';
import {endProcessAfter, listenForSignals, type StopSignal} from '../../runtime/signals.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {readRunFlags} from '../collect-flags.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';
import {renderListing} from '../render-listing.ts';
import {signalExitCode} from '../signal-exit-code.ts';

/** `rollcall run`: serves until a signal comes, or until the command behind `--` has ended; then drains. */
export async function run({flags, overrides, child}: Invocation, io: Io): Promise<number> {
  const wanted = readRunFlags(flags);
  const sink = createLineSink(io.stderr, systemClock);
  const writeLine = (line: string): void => sink.write(line);
  const environment = createAppEnvironment(io, {verbose: wanted.verbose, writeLine});
  const stops = listenForStops(environment);
  const startedAt = environment.clock.monotonic();
  try {
    refuseEmptyCommand(child);
    const request = {...wanted, overrides, cancellation: stops.asked};
    await using servers = await runServers(request, environment, writeLine);
    for (const line of describe(servers, io.columns())) writeLine(line);
    writeLine(
      `Ready after ${formatDuration(environment.clock.monotonic() - startedAt)}. ${howToStop(child)}`,
    );
    // Before the command behind `--` writes to the same stream.
    sink.flush();
    if (wanted.json) io.stdout.write(`${JSON.stringify({ready: true, servers: servers.list.map(toJson)})}\n`);
    stops.onInsist(() => void servers.close());
    const exitCode = await (child === undefined ? untilAsked(stops) : runChild(child, servers, stops, io));
    await servers.drain();
    return exitCode;
  } catch (error) {
    if (error instanceof CancelledError) return signalCode(stops);
    const {text, exitCode} = renderError(error, environment.redactor.redact);
    sink.flush();
    io.stderr.write(text);
    return exitCode;
  } finally {
    stops.stopListening();
    sink.flush();
    // Told to end, the process does not stay for a reader that has stopped reading.
    if (stops.signal() !== undefined && io.stderr.writableLength > 0)
      endProcessAfter(readGraceMs, signalCode(stops));
  }
}

// For the last lines of a reader that is only slow.
const readGraceMs = 1_000;

function describe({list}: RunningServers, columns: number): readonly string[] {
  const rows = list.map(({name, type, url, detail}) => [name, type, url, detail]);
  return renderListing(['NAME', 'KIND', 'URL', ''], rows, columns);
}

function howToStop(child: readonly string[] | undefined): string {
  return child === undefined ? 'Ctrl-C stops them.' : 'They stop when the command has ended.';
}

function refuseEmptyCommand(child: readonly string[] | undefined): void {
  if (child === undefined || child.length > 0) return;
  throw new RollcallError('there is no command behind `--`', {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'rollcall run [options] -- PROGRAM ARG…',
  });
}

function toJson({name, type, url}: RunningServers['list'][number]): unknown {
  return {name, type, url};
}

interface Stops {
  readonly asked: CancellationSource;
  readonly signal: () => StopSignal | undefined;
  /** What a second signal does; also at once when it has come already. */
  readonly onInsist: (act: () => void) => void;
  readonly stopListening: () => void;
}

// "At once", with time to close the sockets.
const abortGraceMs = 800;
// The command's share of it: it must not outlive us.
const commandGraceMs = 600;

/** The first signal drains, the next cuts off what still runs. */
function listenForStops({logger}: AppEnvironment): Stops {
  const asked = new CancellationSource();
  const insisted = new CancellationSource();
  let signal: StopSignal | undefined;
  const stopListening = listenForSignals({
    onFirst(received) {
      signal = received;
      logger.info(`${received}: draining; once more cuts off what still runs.`);
      asked.cancel(new CancelledError(received));
    },
    onAgain(received) {
      endProcessAfter(abortGraceMs, signalExitCode(received));
      insisted.cancel();
    },
  });
  return {asked, signal: () => signal, onInsist: (act) => void insisted.onCancel(act), stopListening};
}

function untilAsked(stops: Stops): Promise<number> {
  return new Promise((resolve) => stops.asked.onCancel(() => resolve(signalCode(stops))));
}

/** The command's status is ours, unless a signal stopped us: it is passed on to the command and waited for. */
async function runChild(
  command: readonly string[],
  {headUrl}: RunningServers,
  stops: Stops,
  {cwd, env}: Io,
): Promise<number> {
  const child: ChildCommand = startCommand(command, {cwd, env: {...env, ROLLCALL_HEAD_URL: headUrl}});
  const pass = (): void => child.pass(stops.signal() ?? 'SIGTERM');
  const stopListening = stops.asked.onCancel(pass);
  stops.onInsist(() => {
    pass();
    systemClock.setTimer(commandGraceMs, () => child.kill());
  });
  try {
    const exitCode = await child.exitCode;
    return stops.signal() === undefined ? exitCode : signalCode(stops);
  } finally {
    stopListening();
  }
}

function signalCode(stops: Stops): number {
  return signalExitCode(stops.signal() ?? 'SIGTERM');
}
