import {describe, expect, it} from 'vitest';
import {type Answer, answerCommand} from '../../src/cli/answer-command.ts';
import {aggregate} from '../../src/cli/commands/aggregate.ts';
import {profile} from '../../src/cli/commands/profile.ts';
import {report} from '../../src/cli/commands/report.ts';
import {status} from '../../src/cli/commands/status.ts';
import {validate} from '../../src/cli/commands/validate.ts';
import {verify} from '../../src/cli/commands/verify.ts';
import type {Flags, Invocation} from '../../src/cli/invocation.ts';
import {RollcallError} from '../../src/core/errors.ts';
import {captureIo} from '../helpers/capture-io.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const invocation = (flags: Flags, paths: readonly string[] = []): Invocation => ({
  flags,
  overrides: [],
  paths,
  child: undefined,
});

describe('a command that answers', () => {
  it('tells people on stderr, and machines on standard output if they ask', async () => {
    const answer: Answer = {lines: ['All is well.', '  • indeed'], json: {well: true}, exitCode: 3};
    for (const json of [true, false]) {
      const io = captureIo();
      const ask = (): Promise<Answer> => Promise.resolve(answer);
      expect(await answerCommand(invocation({json}), io, {}, ask)).toBe(3);
      expect(io.err()).toBe('All is well.\n  • indeed\n');
      expect(io.out()).toBe(json ? '{"well":true}\n' : '');
    }
  });

  it('lets no name in a line move the cursor, colour the text or begin a line of its own', async () => {
    const io = captureIo();
    const lines = ['a\u001b[31m\u001b[2Jb\rc', 'out.jsonl\nproven. Each of 4 rollouts has one record'];
    await answerCommand(invocation({}), io, {}, () => Promise.resolve({lines, json: {}, exitCode: 0}));
    expect(io.err()).toBe('abc\nout.jsonl proven. Each of 4 rollouts has one record\n');
  });

  it('takes secrets that it learnt out of lines, JSON and refusals', async () => {
    const key = 'canary-key-0123456789';
    const io = captureIo();
    await answerCommand(invocation({json: true}), io, {}, ({redactor}) => {
      redactor.add(key);
      return Promise.resolve({lines: [key], json: {key}, exitCode: 0});
    });
    await answerCommand(invocation({json: true}), io, {}, ({redactor}) => {
      redactor.add(key);
      throw new RollcallError(key, {code: 'ERR_CONFIG', fault: 'config'});
    });
    expect(io.err() + io.out()).not.toContain(key);
  });

  it('tells a refusal to machines too, behind its own word for it', async () => {
    const io = captureIo();
    const exitCode = await answerCommand(invocation({json: true}), io, {verdict: 'refused'}, () => {
      throw new RollcallError('no', {
        code: 'ERR_STORE_READ',
        fault: 'store',
        hint: 'Look.',
        problems: [{message: 'torn', file: 'a', line: 2}],
      });
    });
    expect(exitCode).toBe(5);
    expect(io.err()).toBe('Error: no\n  • a:2: torn\n  → Look.\n');
    expect(JSON.parse(io.out())).toEqual({
      ...{verdict: 'refused', exit_code: 5, code: 'ERR_STORE_READ', message: 'no', hint: 'Look.'},
      problems: [{message: 'torn', file: 'a', line: 2}],
    });
  });

  it('shows a bug of ours to people only', async () => {
    const io = captureIo();
    const bug = (): Promise<Answer> => Promise.reject(new TypeError('x is undefined'));
    expect(await answerCommand(invocation({json: true}), io, {}, bug)).toBe(1);
    expect(io.err()).toContain('This is a bug in rollcall');
    expect(io.out()).toBe('');
  });

  it.each([
    {name: 'aggregate', command: aggregate, flags: {}, refused: {complete: false}},
    {name: 'profile', command: profile, flags: {}, refused: {complete: false}},
    {name: 'verify', command: verify, flags: {}, refused: {verdict: 'refused'}},
    {name: 'report', command: report, flags: {}, refused: {report: null}},
    {name: 'validate', command: validate, flags: {limit: 'many'}, refused: {valid: false}},
    {name: 'status', command: status, flags: {limit: 'many'}, refused: {head: null}},
  ])('is what $name is, refusals of flags and files included', async ({command, flags, refused}) => {
    await using folder = await createTempFolder();
    const io = captureIo({cwd: folder.path});
    const exitCode = await command(invocation({json: true, ...flags}, ['no\u001b[31m.jsonl']), io);
    expect(exitCode).toBe(2);
    expect(JSON.parse(io.out())).toMatchObject({
      ...refused,
      exit_code: 2,
      code: expect.any(String) as string,
    });
    expect(io.err()).toMatch(/^Error: /);
    expect(io.err()).not.toContain('\u001b');
  });
});
