import {existsSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {runShell} from '../helpers/run-program.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

const collect = 'rollcall collect-rollouts --config model.yaml -i in.jsonl';
const shell = ({folder}: Workplace, line: string, env: Readonly<Record<string, string>> = {}) =>
  runShell(line, {cwd: folder.path, env});

describe('the streams of the program', () => {
  it('give standard output to the next program and everything else to people', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stdout, stderr} = await shell(place, `${collect} -o - 2>err.txt | wc -l`);
    expect({exitCode, lines: stdout.trim(), stderr}).toEqual({exitCode: 0, lines: '8', stderr: ''});
    expect((await place.files()).get('err.txt')).toMatch(/✓ 8 rollouts completed/);
  });

  it('may end early on the other side, without a stack', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stdout, stderr} = await shell(
      place,
      `${collect} -o - | head -1; exit "\${PIPESTATUS[0]}"`,
    );
    expect([0, 5]).toContain(exitCode);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('hold no colour and no bar where nobody watches', async () => {
    await using place = await setUpWorkplace();
    for (const progress of ['auto', 'bar', 'log', 'json', 'none']) {
      const {exitCode, stderr} = await shell(
        place,
        `${collect} -o ${progress}.jsonl --progress ${progress}`,
        {CI: ''},
      );
      expect(exitCode, stderr).toBe(0);
      expect(stderr).not.toMatch(/[\u001B█░]/);
      expect(stderr).toMatch(
        /^8 of 8 rollouts to do\.\nAbout 72 tokens in, about [\d,]+ out\.\n✓ 8 rollouts completed\n/,
      );
    }
  });

  it.skipIf(!existsSync('/dev/full')).each([
    {name: 'validate --json', line: 'rollcall validate --config model.yaml --json >/dev/full', expected: 5},
    {name: 'rollouts', line: `${collect} -o - >/dev/full`, expected: 5},
    {name: 'what is for people', line: `${collect} -o out.jsonl 2>/dev/full`, expected: 0},
  ])('that are full: $name ends with $expected and no stack', async ({line, expected}) => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await shell(place, line);
    expect(exitCode, stderr).toBe(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
    if (expected !== 0) expect(stderr).toMatch(/Error: cannot write standard output: ENOSPC/);
  });

  it('leave a summary where it is asked for, in a folder of its own, or refuse before anything is sent', async () => {
    await using place = await setUpWorkplace();
    const {exitCode, stderr} = await shell(
      place,
      `${collect} -o out.jsonl --summary-json in.jsonl/summary.json`,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/the summary cannot be written to .*in\.jsonl is not a folder\n +→ /);
    expect(place.simulator.ledger.summary().requests).toBe(0);
    const again = await shell(
      place,
      `${collect} -o out.jsonl --summary-json new/summary.json && cat new/summary.json`,
    );
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({completed: 8, failed: 0, exit_code: 0});
  });
});
