import {describe, expect, it} from 'vitest';
import type {Invocation} from '../../src/cli/invocation.ts';
import {main} from '../../src/cli/main.ts';
import {type Actions, runCommandLine} from '../../src/cli/program.ts';
import {packageVersion} from '../../src/runtime/installation.ts';
import {captureIo} from '../helpers/capture-io.ts';

function fakeActions() {
  const calls: {command: string; invocation: Invocation}[] = [];
  const record = (command: string, exitCode: number) => (invocation: Invocation) => {
    calls.push({command, invocation});
    return Promise.resolve(exitCode);
  };
  const actions: Actions = {
    collectRollouts: record('collect-rollouts', 3),
    validate: record('validate', 0),
    simulateAzure: record('simulate-azure', 0),
    run: record('run', 0),
    status: record('status', 0),
    aggregate: record('aggregate', 0),
    profile: record('profile', 0),
    verify: record('verify', 3),
    report: record('report', 0),
  };
  return {actions, calls};
}

describe('the command line', () => {
  it('hands flags and overrides to the command and returns its exit code', async () => {
    const {actions, calls} = fakeActions();
    const argv = [
      'collect-rollouts',
      '+agent_name=a',
      '--config',
      'x.yaml',
      '-i',
      'in.jsonl',
      '++b.c=1',
      '--no-judge',
      '-v',
    ];
    expect(await runCommandLine(argv, captureIo(), actions)).toBe(3);
    expect(calls).toMatchObject([
      {
        command: 'collect-rollouts',
        invocation: {
          overrides: ['+agent_name=a', '++b.c=1'],
          flags: {config: ['x.yaml'], input: 'in.jsonl', judge: false, verbose: true, progress: 'auto'},
        },
      },
    ]);
  });

  it('hands the output to verify', async () => {
    const {actions, calls} = fakeActions();
    expect(await runCommandLine(['verify', 'out.jsonl', '--json'], captureIo(), actions)).toBe(3);
    expect(calls).toMatchObject([
      {command: 'verify', invocation: {flags: {json: true}, overrides: [], paths: ['out.jsonl']}},
    ]);
    expect(await runCommandLine(['verify'], captureIo(), actions)).toBe(2);
  });

  it('keeps what stands behind the dashes of run for the command there, flags and all', async () => {
    const {actions, calls} = fakeActions();
    const argv = ['run', '--config', 'a.yaml', '+x=1', '--', 'npm', 'test', '--config', '--', 'b'];
    await runCommandLine(argv, captureIo(), actions);
    expect(calls).toMatchObject([
      {
        command: 'run',
        invocation: {
          flags: {config: ['a.yaml']},
          overrides: ['+x=1'],
          child: ['npm', 'test', '--config', '--', 'b'],
        },
      },
    ]);
  });

  it.each([
    {argv: ['run'], child: undefined},
    {argv: ['run', '--'], child: []},
    {argv: ['-v', 'run', '--', 'run'], child: ['run']},
    {argv: ['validate', '--', '+a=1'], child: undefined},
  ])('finds the command of $argv', async ({argv, child}) => {
    const {actions, calls} = fakeActions();
    await runCommandLine(argv, captureIo(), actions);
    expect(calls[0]?.invocation.child).toEqual(child);
  });

  it.each([
    {argv: ['--help'], text: /run.*collect-rollouts.*validate.*simulate-azure.*status/s},
    {argv: ['run', '--help'], text: /-- CMD ARG.*--manifest.*--json/s},
    {argv: ['status', '--help'], text: /head server/},
    {argv: ['collect-rollouts', '--help'], text: /--input.*--max-failed.*--progress/s},
    {argv: ['validate', '-h'], text: /Sends nothing/},
    {argv: ['simulate-azure', '--help'], text: /--port/},
  ])('shows help for $argv on stderr and succeeds', async ({argv, text}) => {
    const io = captureIo();
    expect(await runCommandLine(argv, io, fakeActions().actions)).toBe(0);
    expect(io.err()).toMatch(text);
    expect(io.out()).toBe('');
  });

  it('fits its help into the terminal and shows no default that says nothing', async () => {
    for (const command of [[], ['run'], ['collect-rollouts'], ['validate'], ['simulate-azure'], ['status']]) {
      const io = captureIo();
      await runCommandLine([...command, '--help'], io, fakeActions().actions);
      expect(io.err()).not.toMatch(/default: (?:\[\]|false|undefined)/);
      expect(
        Math.max(
          ...io
            .err()
            .split('\n')
            .map((line) => line.length),
        ),
      ).toBeLessThanOrEqual(80);
      expect(io.err()).toMatch(/-v, --verbose.*-V, --version.*-h, --help/s);
    }
  });

  it('shows the help of a command by `help` too', async () => {
    const io = captureIo();
    expect(await runCommandLine(['help', 'validate'], io, fakeActions().actions)).toBe(0);
    expect(io.err()).toMatch(/Usage: rollcall validate/);
  });

  it.each([[['--version']], [['collect-rollouts', '--version']]])(
    'prints its version on stdout for %j',
    async (argv) => {
      const io = captureIo();
      expect(await runCommandLine(argv, io, fakeActions().actions)).toBe(0);
      expect(io.out()).toBe(`${packageVersion()}\n`);
    },
  );

  it.each([
    {
      name: 'an unknown flag',
      argv: ['collect-rollouts', '--limt', '5'],
      text: /Error: unknown option '--limt'.*--limit/s,
    },
    {
      name: 'an unknown command',
      argv: ['colect-rollouts'],
      text: /Error: unknown command 'colect-rollouts'.*collect-rollouts/s,
    },
    {name: 'a flag without its value', argv: ['collect-rollouts', '--input'], text: /argument missing/},
    {
      name: 'a choice that is none',
      argv: ['collect-rollouts', '--progress', 'loud'],
      text: /loud.*auto, bar/s,
    },
    {
      name: 'a judge that shall not judge',
      argv: ['collect-rollouts', '--no-judge', '--judge-url', 'http://x'],
      text: /'--judge-url <url>' cannot be used with option '--no-judge'/,
    },
    {name: 'no command at all', argv: [], text: /Usage: rollcall/},
    {name: 'a stray word', argv: ['validate', 'file.yaml'], text: /neither flags nor overrides: file.yaml/},
  ])('refuses $name with exit code 2 and says what to do', async ({argv, text}) => {
    const io = captureIo();
    expect(await main(argv, io)).toBe(2);
    expect(io.err()).toMatch(text);
    expect(io.err()).not.toMatch(/\n\s+at /);
    expect(io.out()).toBe('');
  });
});
