import {spawn} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {readFile, rename, writeFile} from 'node:fs/promises';
import {text} from 'node:stream/consumers';
import {describe, expect, it, vi} from 'vitest';
import {type ProgramEnd, programPath, runProgram} from '../helpers/run-program.ts';
import {canMount, mountSmallDisk, type SmallDisk} from '../helpers/small-disk.ts';
import {identities, numberedRows, parseLines, setUpWorkplace, type Workplace} from './workplace.ts';

const zeroTo = (count: number): readonly string[] =>
  Array.from({length: count}, (_, index) => `${String(index)}:0`);

// Each of these starts the program several times.
vi.setConfig({testTimeout: 120_000});

const kibibyte = 1024;
const megabyte = 1024 * kibibyte;

describe.skipIf(!canMount)('a disk that is soon full (mounting one needs root)', () => {
  it('of 2 MB ends the run with exit code 5 and whole lines; with room made, the same command loses and doubles nothing', async () => {
    const rows = Array.from({length: 200}, (_, index) =>
      JSON.stringify({prompt: `Say ${String(index)}. ${'ü'.repeat(1_000)}`}),
    );
    await using place = await setUpWorkplace({rows, simulator: {latency: {ttft_ms: 5}}});
    await using disk = await mountSmallDisk(place.folder.file('disk'), 2 * megabyte);
    await disk.fillUpTo(megabyte);
    const full = await place.collect('-o', 'disk/out.jsonl');
    expect(full.exitCode, full.stderr).toBe(5);
    expect(full.stderr).toMatch(/The disk is full\. Make room and run the same command again/);
    const kept = parseLines(await readFile(disk.file('out.jsonl'), 'utf8'));
    expect(kept.length).toBeGreaterThan(10);
    // Dispatch stops at once: what was in flight and in the last batch, and no more.
    expect(place.simulator.ledger.summary().requests).toBeLessThan(kept.length + 100);
    disk.makeRoom();
    const end = await collectInParts(place, disk, rows.length);
    expect(end.exitCode, end.stderr).toBe(0);
    const after = parseLines(await readFile(disk.file('out.jsonl'), 'utf8'));
    expect(after.slice(0, kept.length)).toEqual(kept);
    expect(identities(after)).toEqual(zeroTo(rows.length));
  });

  it.each([0, 4, 12, 16, 32, 60].map((free) => ({free})))(
    'with $free KiB left: exit code 5, nothing half written, and the same command ends well once there is room',
    async ({free}) => {
      await using place = await setUpWorkplace({rows: numberedRows(16)});
      await using disk = await mountSmallDisk(place.folder.file('disk'), megabyte);
      await disk.fillUpTo(free * kibibyte);
      const full = await place.collect('-o', 'disk/out.jsonl');
      expect([0, 5], full.stderr).toContain(full.exitCode);
      if (full.exitCode === 5)
        expect(full.stderr).toMatch(/^Error: cannot write .*\n {2}→ The disk is full/m);
      const names = readdirSync(disk.path).filter((name) => name !== 'ballast');
      expect(
        names.filter(
          (name) => !/^out(_failures|_materialized_inputs|_chain|_dispatched)?\.jsonl$|\.json$/.test(name),
        ),
      ).toEqual([]);
      if (names.includes('out.jsonl')) parseLines(await readFile(disk.file('out.jsonl'), 'utf8'));
      disk.makeRoom();
      const again = await place.collect('-o', 'disk/out.jsonl');
      expect(again.exitCode, again.stderr).toBe(0);
      expect(identities(parseLines(await readFile(disk.file('out.jsonl'), 'utf8')))).toEqual(zeroTo(16));
    },
  );

  it.each([0, 8, 16, 24, 32, 40].map((free) => ({free})))(
    'with $free KiB left: what is put together is there as a whole or not at all',
    async ({free}) => {
      await using place = await setUpWorkplace({rows: numberedRows(16)});
      await place.collect();
      await using disk = await mountSmallDisk(place.folder.file('disk'), megabyte);
      await disk.fillUpTo(free * kibibyte);
      const words = ['aggregate', 'out.jsonl', '-o', 'disk/all.jsonl', '--json'];
      const {exitCode, stderr, stdout} = await runProgram(words, {cwd: place.folder.path});
      const names = readdirSync(disk.path).filter((name) => name !== 'ballast');
      if (exitCode === 5) {
        expect(stderr).toContain('The disk is full');
        expect(JSON.parse(stdout)).toMatchObject({complete: false, exit_code: 5, code: 'ERR_STORE_WRITE'});
        expect(names).toEqual([]);
        disk.makeRoom();
        expect((await runProgram(words, {cwd: place.folder.path})).exitCode).toBe(0);
      } else expect(exitCode, stderr).toBe(0);
      const verified = await runProgram(['verify', 'disk/all.jsonl'], {cwd: place.folder.path});
      expect(verified.exitCode, verified.stderr).toBe(0);
    },
  );
});

describe('a file that may not grow', () => {
  it('ends the run at once, though a call hangs, and the same command goes on', async () => {
    const faults = [{match: {text: 'Say 3'}, kind: 'hang', first: 1}];
    await using place = await setUpWorkplace({simulator: {faults}, rows: numberedRows(12)});
    const limited = await collectWithLimit(place, 8);
    expect(limited.exitCode, limited.stderr).toBe(5);
    expect(limited.stderr).toMatch(/The file is as large as this file system or user allows/);
    const kept = await place.lines('out.jsonl');
    expect(kept.length).toBeGreaterThan(0);
    const end = await place.collect();
    expect(end.exitCode, end.stderr).toBe(0);
    const after = await place.lines('out.jsonl');
    expect(after.slice(0, kept.length)).toEqual(kept);
    expect(identities(after)).toEqual(zeroTo(12));
  });
});

describe('a folder that goes away while the run writes to it', () => {
  it('ends the run with exit code 5; brought back, the same command goes on', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(400), simulator: {latency: {ttft_ms: 100}}});
    const run = place.start('-o', 'results/out.jsonl');
    run.child.stderr?.once('data', () => {
      void rename(place.folder.file('results'), place.folder.file('elsewhere'));
    });
    const gone = await run.ended;
    expect(gone.exitCode, gone.stderr).toBe(5);
    expect(gone.stderr).toMatch(/The folder is gone\. Bring it back/);
    expect(place.simulator.ledger.summary().requests).toBeLessThan(400);
    await rename(place.folder.file('elsewhere'), place.folder.file('results'));
    const end = await place.collect('-o', 'results/out.jsonl');
    expect(end.exitCode, end.stderr).toBe(0);
    expect(identities(await place.lines('results/out.jsonl'))).toEqual(zeroTo(400));
  });
});

describe('the summary', () => {
  it('that cannot be written leaves the one from before as it was', async () => {
    await using place = await setUpWorkplace();
    await writeFile(place.folder.file('summary.json'), 'from before');
    const limited = await collectWithLimit(place, 0, '-o', '-', '--summary-json', 'summary.json');
    expect(limited.exitCode, limited.stderr).toBe(5);
    expect((await place.files()).get('summary.json')).toBe('from before');
    expect([...(await place.files()).keys()].filter((name) => name.startsWith('summary'))).toEqual([
      'summary.json',
    ]);
  });
});

/** The disk is too small for all of it at once: makes it larger whenever it is full. */
async function collectInParts(place: Workplace, disk: SmallDisk, rows: number): Promise<ProgramEnd> {
  for (let turn = 1; ; turn++) {
    const end = await place.collect('-o', 'disk/out.jsonl');
    if (end.exitCode !== 5 || turn > rows) return end;
    disk.resize((turn + 2) * megabyte);
  }
}

/** Runs the collection with a limit on the size of each file, in KiB. */
async function collectWithLimit(
  place: Workplace,
  limit: number,
  ...more: readonly string[]
): Promise<ProgramEnd> {
  const args = ['collect-rollouts', '--config', 'model.yaml', '-i', 'in.jsonl', '-o', 'out.jsonl', ...more];
  const script = `ulimit -f ${String(limit)}; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', script, process.execPath, programPath, ...args], {
    cwd: place.folder.path,
    env: {PATH: process.env['PATH'] ?? '', CI: 'true'},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [exitCode, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return {exitCode, stdout, stderr};
}
