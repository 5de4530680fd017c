import {readFile, writeFile} from 'node:fs/promises';
import type {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {openScriptedServer, reply} from '../azure/scripted-server.ts';
import {runProgram} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const message = {role: 'assistant', content: 'Jupiter', refusal: null};
const usage = {
  prompt_tokens: 9,
  completion_tokens: 5,
  total_tokens: 14,
  prompt_tokens_details: {cached_tokens: 4},
  completion_tokens_details: {reasoning_tokens: 3},
};
const choice: JsonObject = {index: 0, finish_reason: 'stop', message};
const completion = (...choices: readonly JsonObject[]): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices,
  usage,
});
const tool = {
  type: 'function',
  name: 'look',
  parameters: {type: 'object', properties: {}, additionalProperties: false},
  strict: true,
};

// What NeMo Gym's Azure server gets wrong, and what the same row gives here.
describe('what goes wrong in NeMo Gym’s Azure server', () => {
  it('usage is counted and the answer’s end is known (A1, A2)', async () => {
    const {response} = await ask({}, completion({...choice, finish_reason: 'length'}));
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: {reason: 'max_output_tokens'},
      usage: {
        input_tokens: 9,
        output_tokens: 5,
        total_tokens: 14,
        input_tokens_details: {cached_tokens: 4},
        output_tokens_details: {reasoning_tokens: 3},
      },
    });
    const filtered = await ask({}, completion({...choice, finish_reason: 'content_filter'}));
    expect(filtered.response).toMatchObject({incomplete_details: {reason: 'content_filter'}});
  });

  it('a forced tool is asked for in chat’s shape, strictly, and echoed (A3, A7, A8)', async () => {
    const format = {type: 'json_schema', name: 'n', schema: tool.parameters, strict: true};
    const toolChoice = {type: 'function', name: 'look'};
    const {sent, response} = await ask(
      {tools: [tool], tool_choice: toolChoice, text: {format}, top_logprobs: 2},
      completion(choice),
    );
    expect(sent).toMatchObject({
      tools: [{type: 'function', function: {name: 'look', strict: true}}],
      tool_choice: {type: 'function', function: {name: 'look'}},
      response_format: {type: 'json_schema', json_schema: {name: 'n', strict: true}},
      logprobs: true,
      top_logprobs: 2,
    });
    expect(response).toMatchObject({tool_choice: toolChoice, tools: [tool]});
  });

  it.each([
    ['dep', '2024-10-21', 'max_completion_tokens'],
    ['gpt-4', '2024-10-21', 'max_tokens'],
  ])('the token limit of %s at %s is %s (A6)', async (deployment, version, name) => {
    const {sent} = await ask({max_output_tokens: 7}, completion(choice), {
      openai_model: deployment,
      default_query: {'api-version': version},
    });
    expect(Object.keys(sent).filter((key) => key.includes('tokens'))).toEqual([name]);
  });

  it('a hosted tool fails its row, not the run, and nothing is sent (A8)', async () => {
    const {exitCode, requests} = await run([{input: 'x', tools: [{type: 'web_search'}]}], () =>
      completion(choice),
    );
    expect({exitCode, requests: requests.length}).toEqual({exitCode: 3, requests: 0});
  });

  it('a seed in extra_body is a seed, and metadata stay at home unless they are to be stored (A9)', async () => {
    const metadata = {extra_body: '{"seed":42}', note: 'x'};
    const {sent} = await ask({metadata}, completion(choice));
    expect(sent).toMatchObject({seed: 42});
    expect(sent).not.toHaveProperty('metadata');
  });

  it('refusals, reasoning and further choices are kept (A13)', async () => {
    const {response} = await ask(
      {},
      completion(
        {...choice, message: {role: 'assistant', content: null, refusal: 'No.', reasoning_content: 'Hm.'}},
        {...choice, index: 1},
      ),
    );
    expect(response).toMatchObject({
      output: [
        {type: 'reasoning', summary: [{text: 'Hm.'}]},
        {type: 'message', content: [{type: 'refusal', refusal: 'No.'}]},
      ],
      alternatives: [{index: 1, output: [{content: [{text: 'Jupiter'}]}]}],
    });
  });

  it('policy and judge share one limit, of one place even, and nobody starves (A4, A11, A12)', async () => {
    let [open, most] = [0, 0];
    const rows = Array.from({length: 12}, (_, index) => ({input: `q${String(index)}`}));
    const order: string[] = [];
    const {exitCode, records} = await run(
      rows,
      (request) => {
        order.push(request.includes('[[A=B]]') ? 'judge' : 'policy');
        return completion({...choice, message: {...message, content: '[[A=B]]'}});
      },
      {
        settings: {num_concurrent_requests: 1},
        servers: {
          judge: {
            resources_servers: {
              equivalence_llm_judge: {
                judge_model_server: {type: 'responses_api_models', name: 'policy_model'},
                judge_prompt_template: 'Say [[A=B]]: {generated_answer}',
                judge_responses_create_params: {input: []},
              },
            },
          },
          agent: {
            responses_api_agents: {
              simple_agent: {
                resources_server: {type: 'resources_servers', name: 'judge'},
                model_server: {type: 'responses_api_models', name: 'policy_model'},
              },
            },
          },
        },
        write: (socket, text) => {
          most = Math.max(most, ++open);
          systemClock.setTimer(2, () => {
            open--;
            socket.write(text);
          });
        },
      },
    );
    expect({exitCode, most, rewards: records.map(({reward}) => reward)}).toEqual({
      exitCode: 0,
      most: 1,
      rewards: rows.map(() => 1),
    });
    // A rollout that has begun goes before one that has not.
    expect(order.indexOf('judge')).toBeLessThan(4);
  });
});

async function ask(params: JsonObject, answer: JsonObject, settings: JsonObject = {}) {
  const {exitCode, requests, records} = await run([{input: 'x', ...params}], () => answer, {settings});
  expect(exitCode).toBe(0);
  return {
    sent: JSON.parse(requests[0]?.split('\r\n\r\n')[1] ?? 'null') as JsonObject,
    response: records[0]?.['response'],
  };
}

interface RunOptions {
  /** Of the deployment. */
  readonly settings?: JsonObject;
  readonly servers?: JsonObject;
  readonly write?: (socket: Socket, text: string) => void;
}

async function run(
  rows: readonly JsonObject[],
  answer: (request: string) => JsonObject,
  {settings, servers, write = (socket, text) => socket.write(text)}: RunOptions = {},
) {
  await using folder = await createTempFolder();
  await using server = await openScriptedServer((socket, request) =>
    write(socket, reply(200, answer(request))),
  );
  const model = {
    openai_base_url: server.origin,
    openai_api_key: 'key-0123456789',
    openai_model: 'dep',
    default_query: {'api-version': '2024-10-21'},
    ...settings,
  };
  const config = {policy_model: {responses_api_models: {azure_openai_model: model}}, ...servers};
  await writeFile(folder.file('model.yaml'), JSON.stringify(config));
  const lines = rows.map((params) =>
    JSON.stringify({responses_create_params: params, expected_answer: 'Jupiter'}),
  );
  await writeFile(folder.file('in.jsonl'), `${lines.join('\n')}\n`);
  const {exitCode} = await runProgram(
    ['collect-rollouts', '--config', 'model.yaml', '-i', 'in.jsonl', '-o', 'out.jsonl'],
    {cwd: folder.path},
  );
  const out = await readFile(folder.file('out.jsonl'), 'utf8').catch(() => '');
  const records = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);
  return {exitCode, records, requests: [...server.requests]};
}
