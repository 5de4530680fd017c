import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {readFile, utimes, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {describe, expect, it} from 'vitest';
import {systemClock} from '../../src/runtime/clock.ts';
import {acquireFileLock} from '../../src/runtime/file-lock.ts';
import {ownIdentity} from '../../src/runtime/process-identity.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const noSuchPid = 2 ** 22 + 1;

describe('acquireFileLock', () => {
  it('is held by one, and free again after release', async () => {
    await using folder = await createTempFolder();
    const clock = createFakeClock(Date.now());
    const first = await acquireFileLock(folder.file('lock'), clock);
    const second = await acquireFileLock(folder.file('lock'), clock);
    expect(second).toMatchObject({acquired: false, owner: {pid: process.pid, host: hostname()}});
    if (first.acquired) await first.release();
    expect(existsSync(folder.file('lock'))).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    const third = await acquireFileLock(folder.file('lock'), clock);
    expect(third.acquired).toBe(true);
    if (third.acquired) await third.release();
  });

  it('takes the place of a pipe that nobody holds, and does not wait for its reader', async () => {
    await using folder = await createTempFolder();
    execFileSync('mkfifo', [folder.file('lock')]);
    const clock = createFakeClock(Date.now() + 60_000);
    const result = await acquireFileLock(folder.file('lock'), clock);
    expect(result.acquired).toBe(true);
    if (result.acquired) await result.release();
    expect(existsSync(folder.file('lock'))).toBe(false);
  });

  it('goes to exactly one of many that come at once', async () => {
    await using folder = await createTempFolder();
    const all = await Promise.all(
      Array.from({length: 20}, () => acquireFileLock(folder.file('lock'), systemClock)),
    );
    const winners = all.filter((result) => result.acquired);
    expect(winners).toHaveLength(1);
    for (const winner of winners) await winner.release();
  });

  it('is taken over by exactly one of many when its process is dead', async () => {
    await using folder = await createTempFolder();
    await writeOwner(folder.file('lock'), {...(await ownIdentity()), pid: noSuchPid, start: '1'});
    const all = await Promise.all(
      Array.from({length: 20}, () => acquireFileLock(folder.file('lock'), systemClock)),
    );
    const winners = all.filter((result) => result.acquired);
    expect(winners).toHaveLength(1);
    for (const winner of winners) await winner.release();
    expect(existsSync(folder.file('lock.takeover'))).toBe(false);
  });

  it.skipIf(!existsSync('/proc/self/stat'))(
    'is taken over when the process id is another process by now',
    async () => {
      await using folder = await createTempFolder();
      await writeOwner(folder.file('lock'), {...(await ownIdentity()), start: '1'});
      const result = await acquireFileLock(folder.file('lock'), systemClock);
      expect(result.acquired).toBe(true);
      if (result.acquired) await result.release();
    },
  );

  it.each([
    ['keeps to its owner on another machine while that gives signs of life', 60_000, false],
    ['is taken over when its owner on another machine is silent for two minutes', 180_000, true],
  ])('%s', async (_, silentMs, acquired) => {
    await using folder = await createTempFolder();
    const clock = createFakeClock();
    await writeOwner(folder.file('lock'), {pid: 1, host: 'elsewhere', start: null});
    await utimes(folder.file('lock'), (clock.now() - silentMs) / 1000, (clock.now() - silentMs) / 1000);
    const result = await acquireFileLock(folder.file('lock'), clock);
    expect(result.acquired).toBe(acquired);
    if (result.acquired) await result.release();
    else expect(result.owner?.host).toBe('elsewhere');
  });

  it('never stands there without saying whose it is, so that a kill cannot leave it nameless', async () => {
    await using folder = await createTempFolder();
    const path = folder.file('lock');
    const acquiring = acquireFileLock(path, systemClock);
    while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
    expect(readFileSync(path, 'utf8')).toContain(`"pid":${String(process.pid)}`);
    const result = await acquiring;
    if (result.acquired) await result.release();
  });

  it.skipIf(!existsSync('/proc/self/stat'))(
    'is taken over from a process that ended though its parent never asked how',
    async () => {
      await using folder = await createTempFolder();
      // The shell becomes a program that never waits, and its first child a zombie.
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      while (!/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8')))
        await new Promise((resolve) => setImmediate(resolve));
      await writeOwner(folder.file('lock'), {...(await ownIdentity()), pid, start: null});
      const result = await acquireFileLock(folder.file('lock'), systemClock);
      parent.kill('SIGKILL');
      expect(result.acquired).toBe(true);
      if (result.acquired) await result.release();
    },
  );

  it('keeps to a process id of another container, which says nothing here', async () => {
    await using folder = await createTempFolder();
    await writeOwner(folder.file('lock'), {...(await ownIdentity()), pid: noSuchPid, space: 'pid:[1]'});
    expect(await acquireFileLock(folder.file('lock'), systemClock)).toMatchObject({acquired: false});
  });

  it('is taken over when its owner died before saying who it is', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('lock'), '');
    await utimes(folder.file('lock'), 1, 1);
    const result = await acquireFileLock(folder.file('lock'), systemClock);
    expect(result.acquired).toBe(true);
    if (result.acquired) await result.release();
  });

  it('leaves a lock alone on release that somebody else has by now', async () => {
    await using folder = await createTempFolder();
    const result = await acquireFileLock(folder.file('lock'), systemClock);
    await writeOwner(folder.file('lock'), {pid: 1, host: 'elsewhere', start: null});
    if (result.acquired) await result.release();
    expect(await readFile(folder.file('lock'), 'utf8')).toContain('elsewhere');
  });

  it('fails with fault store where no file can be made', async () => {
    await using folder = await createTempFolder();
    await expect(acquireFileLock(folder.file('no/lock'), systemClock)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      fault: 'store',
    });
  });
});

async function writeOwner(path: string, owner: object): Promise<void> {
  await writeFile(path, JSON.stringify({...owner, since: '2026-01-01T00:00:00.000Z', token: 'theirs'}));
}
