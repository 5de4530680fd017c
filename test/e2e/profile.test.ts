import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {runProgram} from '../helpers/run-program.ts';
import {setUpWorkplace, type Workplace} from './workplace.ts';

// As NeMo Gym writes them: no manifest, rewards (1, 0) and (1, 1), an integer beyond 2^53 in the row.
const input = (task: number, rollout: number): string =>
  `{"responses_create_params":{"input":"q${task}"},"serial":9007199254740993,"agent_ref":{"name":"gym_agent"},"_ng_task_index":${task},"_ng_rollout_index":${rollout}}`;
const rollout = (task: number, index: number, reward: number): string =>
  `{"responses_create_params":{"input":"q${task}"},"response":{"usage":{"input_tokens":${10 + task}}},"reward":${reward},"_ng_task_index":${task},"_ng_rollout_index":${index},"agent_ref":{"name":"gym_agent"}}`;

const ids = [0, 1].flatMap((task) => [0, 1].map((index) => [task, index] as const));

async function setUpGymOutput(rollouts: readonly string[]): Promise<Workplace> {
  const place = await setUpWorkplace();
  await place.write('gym_materialized_inputs.jsonl', ids.map((id) => `${input(...id)}\n`).join(''));
  await place.write('gym.jsonl', rollouts.map((line) => `${line}\n`).join(''));
  return place;
}

const profile = (place: Workplace, ...args: readonly string[]) =>
  runProgram(['profile', ...args], {cwd: place.folder.path});

describe('profile', () => {
  it("gives NeMo Gym's figures of each task beside its row, and of each agent", async () => {
    const rollouts = [rollout(1, 1, 1), rollout(0, 0, 1), rollout(1, 0, 1), rollout(0, 1, 0)];
    await using place = await setUpGymOutput(rollouts);
    const {exitCode, stdout, stderr} = await profile(place, 'gym.jsonl', '--json');
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({complete: true, rollouts: 4, tasks: {complete: 2, partial: 0}});
    const text = await readFile(place.folder.file('gym_reward_profiling.jsonl'), 'utf8');
    // The sample is the row as it is written, without what tells its rollouts apart.
    expect(text).toContain(
      '"sample":{"responses_create_params":{"input":"q0"},"serial":9007199254740993,"agent_ref":{"name":"gym_agent"}},',
    );
    expect(await place.lines('gym_reward_profiling.jsonl')).toMatchObject([
      {
        _ng_task_index: 0,
        'mean/reward': 0.5,
        'std/reward': Math.SQRT1_2,
        num_rollouts: 2,
        reward_profile_completion_pct: 100,
      },
      {_ng_task_index: 1, 'mean/reward': 1, 'std/reward': 0, 'mean/input_tokens': 11},
    ]);
    const agents = JSON.parse(await readFile(place.folder.file('gym_agent_metrics.json'), 'utf8')) as unknown;
    expect(agents).toMatchObject([{'mean/reward': 0.75, 'std/reward': 0.5, agent_ref: {name: 'gym_agent'}}]);
  });

  it('names what is missing, writes nothing and ends with 3, unless a part will do', async () => {
    await using place = await setUpGymOutput([rollout(0, 0, 1)]);
    const refused = await profile(place, 'gym.jsonl');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('Missing: task 0, rollout 1; task 1, rollout 0; task 1, rollout 1.');
    expect([...(await place.files()).keys()]).not.toContain('gym_reward_profiling.jsonl');
    const allowed = await profile(place, 'gym.jsonl', '--allow-partial');
    expect(allowed.exitCode, allowed.stderr).toBe(0);
    expect(allowed.stderr).toContain('0 complete, 1 in part, 1 without any');
    expect(await place.lines('gym_reward_profiling.jsonl')).toMatchObject([{missing_num_rollouts: 1}]);
  });

  it('refuses a rollout whose input is not there', async () => {
    await using place = await setUpGymOutput([rollout(0, 0, 1), rollout(7, 0, 1)]);
    const {exitCode, stderr} = await profile(place, 'gym.jsonl', '--allow-partial');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('gym.jsonl:2: task 7, rollout 0 is not wanted');
  });

  it('counts no failed attempt of NeMo Gym, which has the reward 0, as a rollout', async () => {
    const failed = rollout(0, 1, 0).replace('{', '{"_ng_failure_class":"judge_failed",');
    await using place = await setUpGymOutput([rollout(0, 0, 1), failed]);
    for (const command of ['profile', 'aggregate']) {
      const {exitCode, stderr} = await runProgram([command, 'gym.jsonl', '--allow-partial'], {
        cwd: place.folder.path,
      });
      expect(exitCode).toBe(2);
      expect(stderr).toContain('gym.jsonl:2: is a failed attempt, not a rollout');
    }
  });

  it('refuses what is not there, and more than one file', async () => {
    await using place = await setUpGymOutput([]);
    const gone = await profile(place, 'gym.jsonl', '--inputs', 'no.jsonl');
    expect(gone.exitCode).toBe(2);
    expect(gone.stderr).toContain('no.jsonl: is no file');
    const two = await profile(place, 'gym.jsonl', 'in.jsonl');
    expect(two.exitCode).toBe(2);
    expect(two.stderr).toContain('one rollouts file is profiled at a time');
  });
});
