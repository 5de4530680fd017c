import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {ProgramEnd} from '../helpers/run-program.ts';
import {startProgram} from '../helpers/run-program.ts';

export interface ServerLine {
  readonly name: string;
  readonly type: string;
  readonly url: string;
}

/** `rollcall run`, up and ready. */
export interface RunningProgram extends AsyncDisposable {
  readonly servers: readonly ServerLine[];
  /** The URL of a server by its name. */
  url(name: string): string;
  /** What has been written for people so far. */
  stderr(): string;
  stop(signal?: NodeJS.Signals): Promise<ProgramEnd>;
}

export interface ServeOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Starts the built program's servers, the head on a free port, and waits until all are ready. */
export async function serve(args: readonly string[], options: ServeOptions): Promise<RunningProgram> {
  const {child, ended} = startProgram(['run', '--json', '+head_server.port=0', ...args], options);
  let errors = '';
  child.stderr?.on('data', (piece: Buffer | string) => (errors += String(piece)));
  if (child.stdout === null) throw new Error('no standard output');
  const lines = createInterface({input: child.stdout});
  const first = await Promise.race([once(lines, 'line') as Promise<[string]>, ended]);
  if (!Array.isArray(first)) throw new Error(`it ended with ${String(first.exitCode)}:\n${first.stderr}`);
  const {ready, servers} = JSON.parse(first[0]) as {ready: boolean; servers: readonly ServerLine[]};
  if (!ready) throw new Error('it is not ready');
  const stop = (signal: NodeJS.Signals = 'SIGINT'): Promise<ProgramEnd> => {
    if (child.exitCode === null) child.kill(signal);
    return ended;
  };
  return {
    servers,
    url(name) {
      const found = servers.find((server) => server.name === name);
      if (found === undefined) throw new Error(`no server ${name}`);
      return found.url;
    },
    stderr: () => errors,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
