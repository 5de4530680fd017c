import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {runShell} from '../helpers/run-program.ts';
import {identities, setUpWorkplace, type Workplace} from './workplace.ts';

// The commands of NeMo Gym's page, as they are printed but for the program's name; its server and its collection in one.
const variable = `config_paths="responses_api_models/azure_openai_model/configs/azure_openai_model.yaml, \\
resources_servers/equivalence_llm_judge/configs/equivalence_llm_judge.yaml"`;
const collect = `rollcall collect-rollouts "+config_paths=[\${config_paths}]" \\
    +policy_model.responses_api_models.azure_openai_model.default_query.api-version=2024-10-21 \\
  +agent_name=equivalence_llm_judge_simple_agent \\
  +input_jsonl_fpath=resources_servers/equivalence_llm_judge/data/example.jsonl \\
  +output_jsonl_fpath=results/example_rollouts.jsonl \\
  +limit=5`;

// A judge that answers, whatever the question.
const simulator = {
  answers: [{rule: {match: 'equivalence grader|\\[\\[A=B\\]\\]', reply: '[[A=B]]'}}, {echo: true}],
};

describe("the commands of NeMo Gym's page", () => {
  it('collect its example rows from any working directory, with the packaged files', async () => {
    await using place = await setUpWorkplace({simulator});
    const {exitCode, stderr} = await shell(place, `${variable}\n${collect}`);
    expect(exitCode, stderr).toBe(0);
    const records = await place.lines('results/example_rollouts.jsonl');
    expect(identities(records)).toEqual(['0:0', '1:0', '2:0', '3:0', '4:0']);
    for (const record of records) {
      expect(record).toMatchObject({agent_ref: {name: 'equivalence_llm_judge_simple_agent'}, reward: 1});
    }
  });

  it("take the page's own YAML, and numbers in env.yaml where texts are wanted", async () => {
    await using place = await setUpWorkplace({
      simulator: {...simulator, keys: ['00123'], deployments: {'4': {}}},
    });
    await place.write('model.yaml', await readFile('test/fixtures/config/page-model.yaml', 'utf8'));
    await place.write(
      'env.yaml',
      `policy_base_url: ${place.simulator.url}\npolicy_api_key: 00123\npolicy_model_name: 4\n`,
    );
    const {exitCode, stderr} = await place.collect('--limit', '2');
    expect(exitCode, stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(['0:0', '1:0']);
  });
});

describe('an override', () => {
  it('does what its flag does', async () => {
    await using place = await setUpWorkplace({
      rows: ['{"word":"one"}', '{"word":"two"}', '{"word":"three"}'],
    });
    await place.write('prompt.yaml', 'user: Say {word}.\n');
    const words = [
      '+agent_name=policy',
      '+input_jsonl_fpath=in.jsonl',
      '+output_jsonl_fpath=over.jsonl',
      '+prompt_config=prompt.yaml',
      '+limit=2',
      '+num_samples_in_parallel=1',
      '+skip_verification=true',
      "'+num_repeats={a: 5, _default: 2}'",
    ];
    const {exitCode, stderr} = await shell(
      place,
      `rollcall collect-rollouts --config model.yaml --max-attempts 1 --max-failed 1 ${words.join(' ')}`,
    );
    expect(exitCode, stderr).toBe(0);
    const records = await place.lines('over.jsonl');
    expect(identities(records)).toEqual(['0:0', '0:1', '1:0', '1:1']);
    expect(place.simulator.ledger.summary()).toMatchObject({requests: 4, in_flight_peak: 1});
    for (const record of records) {
      expect(record).toMatchObject({agent_ref: {name: 'policy'}});
      expect(record).not.toHaveProperty('reward');
    }
  });

  it('of skip_verification_reward gives a reward that somebody set, and says that nobody judged', async () => {
    await using place = await setUpWorkplace({rows: ['{"prompt":"Say one."}']});
    const {exitCode, stderr} = await place.collect('--no-judge', '+skip_verification_reward=0.25');
    expect(exitCode, stderr).toBe(0);
    expect(await place.lines('out.jsonl')).toMatchObject([{reward: 0.25, verification_skipped: true}]);
  });
});

function shell({folder}: Workplace, line: string): ReturnType<typeof runShell> {
  return runShell(line, {cwd: folder.path});
}
