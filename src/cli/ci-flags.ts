import {type Command, Option} from 'commander';
import {gateBases} from '../core/gate.ts';

/** The flags of commands that a CI runs: what the rollouts have to come up to, and where that is told. */
export function addCiFlags(command: Command): Command {
  return command
    .option(
      '--gate <expr>',
      "a quality bar, such as 'mean/reward>=0.8' or 'AGENT:pass_rate>=80%' (repeatable); exit code 4 if it is not reached",
      collect,
    )
    .addOption(
      new Option(
        '--gate-on <what>',
        'hold gates against the value, or the unfavourable end of its 95 % interval (default: point)',
      ).choices(gateBases),
    )
    .option('--summary-json <path>', 'write the closing summary as JSON')
    .option('--summary-md <path>', 'write it as Markdown; GITHUB_STEP_SUMMARY is appended to when set')
    .option('--junit <path>', 'write gates and tasks as JUnit XML');
}

/** Gathers the values of a flag that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
