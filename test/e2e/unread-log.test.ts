import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import {describe, expect, it} from 'vitest';
import {setUpWorkplace} from './workplace.ts';

const program = join(import.meta.dirname, '../../bin/rollcall.js');

interface Unread extends AsyncDisposable {
  readonly stderr: Readable;
  /** Asks for something whose line in the log is long. */
  ask(): Promise<number>;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** `rollcall run` with a log that is read only as far as the test does. */
async function open(folder: string): Promise<Unread> {
  const args = [program, 'run', '--json', '--config', 'model.yaml', '+head_server.port=0'];
  const child: ChildProcess = spawn(process.execPath, args, {cwd: folder, stdio: ['ignore', 'pipe', 'pipe']});
  const ended = once(child, 'exit') as Promise<[number | null]>;
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const {servers} = JSON.parse(line) as {servers: readonly {readonly url: string}[]};
  const url = `${String(servers[0]?.url)}/${'x'.repeat(280)}`;
  return {
    stderr: child.stderr,
    ask: async () => {
      const reply = await fetch(url);
      await reply.text();
      return reply.status;
    },
    async stop(signal) {
      child.kill(signal);
      return (await ended)[0];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('a log that nobody reads', () => {
  it('neither holds up the servers nor their end', {timeout: 30_000}, async () => {
    await using place = await setUpWorkplace();
    await using running = await open(place.folder.path);
    // More than a pipe holds.
    for (let asked = 0; asked < 1_200; asked++) expect(await running.ask()).toBe(404);
    expect(await running.stop('SIGTERM')).toBe(143);
  });

  it('is not missed when its reader has gone', async () => {
    await using place = await setUpWorkplace();
    await using running = await open(place.folder.path);
    running.stderr.destroy();
    for (let asked = 0; asked < 20; asked++) expect(await running.ask()).toBe(404);
    expect(await running.stop('SIGINT')).toBe(130);
  });
});
