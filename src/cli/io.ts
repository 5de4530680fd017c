import type {Readable, Writable} from 'node:stream';

/** What the program sees of the world around it: streams, environment, terminal. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether stderr is a terminal at all. */
  readonly terminal: boolean;
  /** Whether it is one that people watch: not in CI, not a dumb one. */
  readonly interactive: boolean;
  readonly colour: boolean;
  /** Columns of the terminal, read again for each line because a window can change. */
  readonly columns: () => number;
}

const columnsWithoutTerminal = 80;

/** The process's own streams. `NO_COLOR`, `CI`, `TERM=dumb` and a missing terminal are respected. */
export function processIo(): Io {
  const {stdout, stderr, env} = process;
  const interactive = stderr.isTTY && isUnset(env['CI']) && env['TERM'] !== 'dumb';
  return {
    // Opened when it is asked for: most commands do not read it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    terminal: stderr.isTTY,
    interactive,
    colour: isUnset(env['NO_COLOR']) && (interactive || !isUnset(env['FORCE_COLOR'])),
    // A terminal that nobody has sized says 0.
    columns: () => (stderr.isTTY && stderr.columns > 0 ? stderr.columns : columnsWithoutTerminal),
  };
}

function isUnset(value: string | undefined): boolean {
  return value === undefined || value === '';
}
