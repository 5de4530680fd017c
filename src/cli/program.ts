import {Command, CommanderError, Option} from 'commander';
import {exitCodes, RollcallError} from '../core/errors.ts';
import {packageVersion} from '../runtime/installation.ts';
import {addCiFlags, collect} from './ci-flags.ts';
import type {Invocation} from './invocation.ts';
import type {Io} from './io.ts';

/** What the commands do; the tests put fakes here. Each resolves to an exit code. */
export interface Actions {
  readonly collectRollouts: Action;
  readonly validate: Action;
  readonly simulateAzure: Action;
  readonly run: Action;
  readonly status: Action;
  readonly aggregate: Action;
  readonly profile: Action;
  readonly verify: Action;
  readonly report: Action;
}

// Each command's code is loaded only when it is called, so that `--help` answers at once.
const realActions: Actions = {
  collectRollouts: async (...args) =>
    (await import('./commands/collect-rollouts.ts')).collectRollouts(...args),
  validate: async (...args) => (await import('./commands/validate.ts')).validate(...args),
  simulateAzure: async (...args) => (await import('./commands/simulate-azure.ts')).simulateAzure(...args),
  run: async (...args) => (await import('./commands/run.ts')).run(...args),
  status: async (...args) => (await import('./commands/status.ts')).status(...args),
  aggregate: async (...args) => (await import('./commands/aggregate.ts')).aggregate(...args),
  profile: async (...args) => (await import('./commands/profile.ts')).profile(...args),
  verify: async (...args) => (await import('./commands/verify.ts')).verify(...args),
  report: async (...args) => (await import('./commands/report.ts')).report(...args),
};

/** Parses the arguments and runs the command they name. Returns its exit code; usage errors are exit code 2. */
export async function runCommandLine(
  argv: readonly string[],
  io: Io,
  actions: Actions = realActions,
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const {own, child} = splitChildCommand(argv);
  const run =
    (action: Action, words: 'overrides' | 'paths' = 'overrides') =>
    async (given: readonly string[], _flags: unknown, command: Command): Promise<void> => {
      const flags = command.optsWithGlobals();
      const overrides = words === 'overrides' ? checkOverrides(given) : [];
      exitCode = await action({flags, overrides, paths: words === 'paths' ? given : [], child}, io);
    };
  const program = createProgram(actions, run, io);
  try {
    await program.parseAsync(own.map(withRetryClass), {from: 'user'});
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.refused;
    throw error;
  }
}

/** `run … -- CMD ARG…`: what stands behind the dashes is somebody else's command line. */
function splitChildCommand(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly child: readonly string[] | undefined;
} {
  const dashes = argv.indexOf('--');
  const isRun = argv.find((word) => !word.startsWith('-')) === 'run';
  if (dashes < 0 || !isRun) return {own: argv, child: undefined};
  return {own: argv.slice(0, dashes), child: argv.slice(dashes + 1)};
}

/** A word behind `--retry-failed` is an override, not its class: that comes with an equals sign. */
function withRetryClass(word: string): string {
  return word === '--retry-failed' ? '--retry-failed=all' : word;
}

type Action = (invocation: Invocation, io: Io) => Promise<number>;

/** Makes a command's action; `words`: what its bare words are. */
type Run = (
  action: Action,
  words?: 'overrides' | 'paths',
) => (given: readonly string[], flags: unknown, command: Command) => Promise<void>;

function createProgram(actions: Actions, run: Run, io: Io): Command {
  const common = addCommon(io);
  const program = common(new Command('rollcall'))
    .description('Collects model rollouts from Azure OpenAI: JSONL prompts in, judged answers out.')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({subcommandTerm: (command) => command.name()})
    .addHelpText('after', overridesHelp);
  const commands = [
    addRun(subcommand('run')).action(run(actions.run)),
    addCollectRollouts(subcommand('collect-rollouts')).action(run(actions.collectRollouts)),
    addValidate(subcommand('validate')).action(run(actions.validate)),
    addSimulateAzure(subcommand('simulate-azure')).action(run(actions.simulateAzure)),
    addStatus(subcommand('status')).action(run(actions.status)),
    addAggregate(new Command('aggregate')).action(run(actions.aggregate, 'paths')),
    addProfile(new Command('profile')).action(run(actions.profile, 'paths')),
    addVerify(new Command('verify')).action(run(actions.verify, 'paths')),
    addReport(new Command('report')).action(run(actions.report, 'paths')),
  ];
  for (const command of commands) program.addCommand(common(command));
  return program;
}

const overridesHelp = `
Overrides are bare words in NeMo Gym's manner: +a.b=value,
"+config_paths=[a.yaml, b.yaml]".`;

const exitCodesHelp = `
Exit codes: 0 done, 2 refused before anything was spent, 3 too many failed,
4 a gate failed, 5 ended early, 75 endpoint or quota gone, 130 and 143 stopped
by a signal. The same command goes on where it stopped.`;

function subcommand(name: string): Command {
  return new Command(name).argument('[overrides...]', 'configuration overrides: +key=value, ++key=value');
}

/** What all commands have. Text for people goes to stderr, the version to stdout; nothing ends the process. */
function addCommon(io: Io): (command: Command) => Command {
  const version = packageVersion();
  return (command) =>
    command
      .option('-v, --verbose', 'say more of what happens')
      .version(version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'show this help')
      .exitOverride()
      .configureOutput({
        writeOut: (text) => (text === `${version}\n` ? io.stdout : io.stderr).write(text),
        writeErr: (text) => io.stderr.write(text),
        getOutHelpWidth: io.columns,
        getErrHelpWidth: io.columns,
        outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
      })
      .showHelpAfterError(
        `(${command.name() === 'rollcall' ? 'rollcall' : `rollcall ${command.name()}`} --help says more)`,
      );
}

function addConfiguration(command: Command): Command {
  return command
    .option('--config <path>', 'a configuration file (repeatable)', collect)
    .option(
      '--env <path>',
      'the file of credentials and other values (default: env.yaml here, if there is one)',
    );
}

const manifestFlag = '-f, --manifest <path>';

function addRun(command: Command): Command {
  return addConfiguration(command)
    .usage('[options] [overrides...] [-- CMD ARG...]')
    .summary('start the servers; with -- CMD, run it and stop them')
    .description(
      'Starts the servers that the configuration names in one process: a head server, models, judges, agents, and with -f a gateway. Stays up until told to stop, or until CMD ends; then its status is the exit code.',
    )
    .option(
      manifestFlag,
      'Kubernetes documents: Secret, Backend, HTTPRoute (repeatable, - for standard input)',
      collect,
    )
    .addOption(
      new Option('--access-log <how>', 'a line on stderr for each request (default: human)').choices([
        'human',
        'json',
        'none',
      ]),
    )
    .option('--json', 'print one line of JSON on standard output when all are ready');
}

function addStatus(command: Command): Command {
  return addConfiguration(command)
    .summary('show what runs')
    .description('Asks the head server what runs and whether it answers.')
    .option('--json', 'print the result as one line of JSON on standard output');
}

function addAggregate(command: Command): Command {
  return addCiFlags(command)
    .argument('<outputs...>', 'rollouts files, each with its materialised inputs beside it')
    .summary('put shards together, prove them complete, make their metrics')
    .description(
      'Puts the outputs of several jobs together, proves that every rollout they want is there once, and writes the aggregate metrics. Of one output without --output the metrics are made again. Needs no server; reads outputs of NeMo Gym too.',
    )
    .option('-o, --output <path>', 'where the outputs are put together: .jsonl')
    .option('--overwrite', 'move aside what is there')
    .option('--allow-partial', 'go on though rollouts are missing')
    .option('--json', 'print the result as one line of JSON on standard output')
    .addHelpText('after', aggregateHelp);
}

const aggregateHelp = `
Exit codes: 0 done, 2 files that do not fit together, 3 rollouts are missing,
4 a gate failed.`;

function addProfile(command: Command): Command {
  return command
    .argument('<rollouts...>', 'a rollouts file')
    .summary('profile the rewards of each task')
    .description(
      'Writes the statistics of each task with its row, and those of each agent, in the shape of NeMo Gym. Needs no server; reads outputs of NeMo Gym too.',
    )
    .option('--inputs <path>', 'the materialised inputs (default: those beside the rollouts)')
    .option('--allow-partial', 'go on though rollouts are missing')
    .option('--json', 'print the result as one line of JSON on standard output')
    .addHelpText('after', partialHelp);
}

const partialHelp = `
Exit codes: 0 done, 2 files that do not fit together, 3 rollouts are missing.`;

function addVerify(command: Command): Command {
  return command
    .argument('<output...>', 'rollouts, as they were named with --output')
    .summary('prove that an output is whole and unchanged')
    .description(
      'Proves from the files of an output that each rollout has one record, of its own row, unchanged since it was written, and says what is missing or wrong. Needs no configuration, no server and no key, and changes nothing.',
    )
    .option('-i, --input <path>', 'prove too that it was made from this input')
    .option('--json', 'print the result as one line of JSON on standard output')
    .addHelpText('after', verifyCodesHelp);
}

const verifyCodesHelp = `
Exit codes: 0 proven, 3 rollouts or parts of the proof are missing, 2 damaged,
foreign, in use or no output.`;

function addReport(command: Command): Command {
  return command
    .argument('<output...>', 'rollouts, as they were named with --output')
    .summary('make a page of an output, or of two compared')
    .description(
      'Makes one HTML file of an output: what ran, rewards, failures, tokens, cost, times, and every rollout to look into. Opens without a network and needs no configuration, no server and no key.',
    )
    .option('-o, --output <path>', 'the page, or - for standard output (default: STEM_report.html)')
    .option('--compare <output>', 'another run over the same tasks')
    .option('--max-size <mib>', 'MiB of the page; texts beyond are left out, the best first (default: 48)')
    .option('--max-text <n>', 'characters of each text that are kept (default: 4000)')
    .option('--json', 'print the result as one line of JSON on standard output')
    .addHelpText('after', reportCodesHelp);
}

const reportCodesHelp = `
Exit codes: 0 done, also where rollouts are missing, which the page tells;
2 files that do not fit together, no common task, or no output; 5 the page
cannot be written.`;

function addInput(command: Command): Command {
  return command
    .option('-i, --input <path>', 'prompts: .jsonl or .jsonl.gz, or - for standard input')
    .option('-a, --agent <name>', 'agent of rows that name none')
    .option('--limit <n>', 'take at most n rows')
    .option('--num-repeats <n>', 'rollouts a row')
    .option('--num-repeats-add-seed', 'give each repeat a seed of its own')
    .option('--prompt-config <path>', 'a template that turns the fields of a row into its input');
}

function addCollectRollouts(command: Command): Command {
  return addCiFlags(addInput(addConfiguration(command)))
    .summary('collect rollouts: JSONL in, JSONL out')
    .description(
      'Sends each row of a JSONL file to its agent, has the answers judged, and appends rollouts to a JSONL file.',
    )
    .option('-o, --output <path>', 'rollouts: .jsonl, or - for standard output')
    .option('--concurrency <n>', 'rollouts in flight at most (default: what the deployments take)')
    .option('--rpm <n>', 'requests a minute to use of a deployment at most (default: what it says)')
    .option('--tpm <n>', 'tokens a minute to use of a deployment at most (default: what it says)')
    .option('--temperature <x>', "override each row's temperature")
    .option('--top-p <x>', "override each row's top_p")
    .option('--max-output-tokens <n>', "override each row's max_output_tokens")
    .option('--no-judge', 'do not score')
    .addOption(new Option('--judge-url <url>', 'score with the /verify of that server').conflicts('judge'))
    .option('--overwrite', 'start anew; what was there is moved aside')
    .option(
      '--retry-failed [class]',
      'give rows that used up their attempts another try; with =class, those that failed last like that: judge_failed, agent_request_failed, agent_run_error, or an error code',
    )
    .option('--max-attempts <n>', 'executions of one rollout, over all resumes (default: 3)')
    .option('--max-failed <n|p%>', 'failed rollouts that still count as success (default: 0)')
    .option('--deadline <duration>', 'start nothing more after 90s, 15m, 2h, 1h30m')
    .option('--max-cost <usd>', 'US dollars that this output may cost, over all runs of it')
    .option('--max-tokens-total <n>', 'tokens, in and out, that it may take, over all runs of it')
    .option('--shard <i/n>', "this job's share of the tasks, from 1/n to n/n; auto: as its scheduler says")
    .option('--dry-run', 'say what is owed, tokens, cost, time at the quota; send and write nothing')
    .addOption(
      new Option(
        '--progress <how>',
        'how progress is shown; log and json: a line every 10 s; auto: a bar on a terminal, log elsewhere',
      )
        .choices(['auto', 'bar', 'log', 'json', 'none'])
        .default('auto'),
    )
    .addHelpText('after', exitCodesHelp);
}

function addValidate(command: Command): Command {
  return addInput(addConfiguration(command))
    .summary('check configuration and input; sends nothing')
    .description('Checks the configuration and, with --input, every input row. Sends nothing.')
    .option(manifestFlag, 'check these Kubernetes documents (repeatable, - for standard input)', collect)
    .option('--json', 'print the result as one line of JSON on standard output');
}

function addSimulateAzure(command: Command): Command {
  return addConfiguration(command)
    .summary('run the Azure OpenAI simulator as a server; record and replay')
    .description(
      'Runs the Azure OpenAI simulator as a server of its own, until told to stop. Without --config every deployment echoes. With --record it passes requests on to a real resource and keeps what passes; with --replay it answers from that.',
    )
    .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on; 0 takes a free one (default: 8900)')
    .option('--record <dir>', 'pass requests on to --upstream, and keep what passes there, without secrets')
    .option('--upstream <url>', 'the real resource to record, for example https://name.openai.azure.com')
    .option('--replay <dir>', 'answer from what was recorded there, and from nothing else')
    .addOption(
      new Option('--latency <how>', 'the time that replayed answers take (default: none)').choices([
        'recorded',
        'none',
      ]),
    )
    .option('--json', 'print one line of JSON on standard output when ready');
}

function checkOverrides(words: readonly string[]): readonly string[] {
  const stray = words.filter((word) => !/^(\+\+?|~)?[\w$][^=]*=|^[+~]/.test(word));
  if (stray.length === 0) return words;
  throw new RollcallError(`these words are neither flags nor overrides: ${stray.join(' ')}`, {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'Overrides look like +key=value. A value with spaces needs quotes.',
  });
}
