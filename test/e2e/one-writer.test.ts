import {readFile, utimes, writeFile} from 'node:fs/promises';
import {describe, expect, it, vi} from 'vitest';
import {ownIdentity} from '../../src/runtime/process-identity.ts';
import {identities, numberedRows, setUpWorkplace, untilHeld} from './workplace.ts';

// Each of these starts the program several times.
vi.setConfig({testTimeout: 120_000});

const zeroTo = (count: number): readonly string[] =>
  Array.from({length: count}, (_, index) => `${String(index)}:0`);

describe('a second process on the same output', () => {
  it('is refused at once, before it reads a byte, and harms nothing', async () => {
    // One call hangs for as long as the second process needs: no race with the end of the first.
    const faults = [{match: {text: 'Say 3'}, kind: 'hang', first: 1}];
    await using place = await setUpWorkplace({simulator: {faults}});
    const first = place.start();
    await untilHeld(place);
    const second = await place.collect('-i', 'nowhere.jsonl');
    expect(second.exitCode, second.stderr).toBe(2);
    expect(second.stderr).toMatch(/is being written by process \d+/);
    first.child.kill('SIGKILL');
    await first.ended;
    const third = await place.collect();
    expect(third.exitCode, third.stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8));
  });

  it('that starts at the same moment: one writes, all others are refused', async () => {
    const faults = [{match: {text: 'Say 3'}, kind: 'hang', first: 1}];
    await using place = await setUpWorkplace({simulator: {faults}});
    const runs = Array.from({length: 4}, () => place.start());
    const refusals = new Map<number, string>();
    const ends = runs.map(async ({ended}, index) => {
      const {exitCode, stderr} = await ended;
      refusals.set(index, `${String(exitCode)}: ${stderr}`);
    });
    await vi.waitUntil(() => refusals.size >= 3, {timeout: 20_000, interval: 20});
    // Killed any sooner, it would leave the call that hangs to the run that comes after it.
    await untilHeld(place);
    const told = [...refusals.values()];
    // The one that is left hangs in its call: it is the writer.
    for (const [index, {child}] of runs.entries()) if (!refusals.has(index)) child.kill('SIGKILL');
    await Promise.all(ends);
    for (const refusal of told) expect(refusal).toMatch(/^2: .*is being written by/s);
    expect((await place.collect()).exitCode).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8));
  });
});

describe('a lock that was left behind', () => {
  it.each([
    {by: 'a process that is dead', owner: {pid: 2 ** 22 + 1, start: '1'}},
    {by: 'a process whose id another one has by now', owner: {start: '1'}},
    {by: 'another host, silent for three minutes', owner: {host: 'elsewhere'}, silentS: 180},
  ])('by $by is taken over', async ({owner, silentS = 0}) => {
    await using place = await setUpWorkplace();
    const path = place.folder.file('out_output.lock');
    const since = '2026-11-28T00:00:00.000Z';
    await writeFile(path, JSON.stringify({...(await ownIdentity()), since, token: 'theirs', ...owner}));
    const atS = Date.now() / 1000 - silentS;
    await utimes(path, atS, atS);
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(zeroTo(8));
  });

  it('by another host that gives signs of life is respected', async () => {
    await using place = await setUpWorkplace({rows: numberedRows(2)});
    const lock = JSON.stringify({pid: 1, host: 'elsewhere', space: null, start: null, since: 'today'});
    await place.write('out_output.lock', lock);
    const {exitCode, stderr} = await place.collect();
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/process 1 on elsewhere/);
    expect(await readFile(place.folder.file('out_output.lock'), 'utf8')).toBe(lock);
  });
});
