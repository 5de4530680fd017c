import {MultiBar} from 'cli-progress';
import type {Clock} from '../../core/clock.ts';
import type {Io} from '../io.ts';
import {PaceMeter, type ProgressSnapshot} from './progress-snapshot.ts';
import {renderBar, renderJsonLine, renderLogLine} from './render-progress.ts';

export type ProgressStyle = 'bar' | 'log' | 'json' | 'none';

/** Shows how a collection goes, and lets other lines pass without tearing the bar. */
export interface ProgressView {
  /** Begins to show what `read` says. */
  start(read: () => ProgressSnapshot): void;
  /** Writes a line on stderr, above the bar when there is one. */
  writeLine(line: string): void;
  /** Shows the last state and lets go of the terminal. */
  stop(): void;
}

const redrawMs = 250;
const logEveryMs = 10_000;

/** What `--progress auto` means here: a bar where people watch, log lines elsewhere. */
export function chooseStyle(wanted: 'auto' | ProgressStyle, io: Pick<Io, 'interactive'>): ProgressStyle {
  if (wanted !== 'auto') return wanted;
  return io.interactive ? 'bar' : 'log';
}

/** A view in the given style on `io.stderr`; what is no terminal cannot show a bar and gets log lines. */
export function createProgressView(style: ProgressStyle, io: Io, clock: Clock): ProgressView {
  if (style !== 'bar') return createLineView(style, io, clock);
  return io.terminal ? createBarView(io, clock) : createLineView('log', io, clock);
}

function createBarView(io: Io, clock: Clock): ProgressView {
  const pace = new PaceMeter();
  let read: (() => ProgressSnapshot) | undefined;
  let stopTimer = (): void => undefined;
  let multiBar: MultiBar | undefined;

  const line = (): string => {
    const snapshot = read?.();
    return snapshot === undefined
      ? ''
      : renderBar(snapshot, pace.read(snapshot, clock.monotonic()), io.columns());
  };
  const tick = (bar: {updateETA(): void}): void => {
    bar.updateETA();
    stopTimer = clock.setTimer(redrawMs, () => tick(bar));
  };
  return {
    start(readNow) {
      read = readNow;
      multiBar = new MultiBar({
        stream: io.stderr,
        format: line,
        hideCursor: true,
        // Else the terminal is told not to wrap, and cuts off the ends of long warnings above the bar.
        linewrap: true,
        clearOnComplete: false,
        fps: 1000 / redrawMs,
        gracefulExit: false,
      });
      const bar = multiBar.create(Math.max(1, readNow().total), 0);
      tick(bar);
    },
    writeLine(text) {
      if (multiBar === undefined) io.stderr.write(`${text}\n`);
      else multiBar.log(`${text}\n`);
    },
    stop() {
      stopTimer();
      // Lines wait for the next drawing; there is none after the stop.
      multiBar?.update();
      multiBar?.stop();
      multiBar = undefined;
    },
  };
}

function createLineView(style: 'log' | 'json' | 'none', io: Io, clock: Clock): ProgressView {
  const pace = new PaceMeter();
  let stopTimer = (): void => undefined;
  const write = (line: string): void => void io.stderr.write(`${line}\n`);
  const render = style === 'json' ? renderJsonLine : renderLogLine;

  const tick = (read: () => ProgressSnapshot): void => {
    stopTimer = clock.setTimer(logEveryMs, () => {
      const snapshot = read();
      write(render(snapshot, pace.read(snapshot, clock.monotonic())));
      tick(read);
    });
  };
  return {
    start(read) {
      if (style === 'none') return;
      pace.read(read(), clock.monotonic());
      tick(read);
    },
    writeLine: write,
    stop: () => stopTimer(),
  };
}
