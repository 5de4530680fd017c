import {createHash} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import type {Problem, RollcallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {MaterializeOptions} from '../../src/dataset/materialize-options.ts';
import {parsePromptConfig} from '../../src/dataset/prompt-config.ts';
import {surveyInput} from '../../src/dataset/survey-input.ts';
import {inputOfBytes, inputOfLines, plainOptions} from './input-of-lines.ts';

const good = {prompt: 'Name the largest planet.'};

describe('surveyInput', () => {
  it('counts rows, rollouts and tasks', async () => {
    const input = inputOfLines(good, {prompt: 'b', agent_ref: {name: 'other'}}, good);
    const survey = await surveyInput(input, plainOptions({numRepeats: {other: 3, _default: 2}}));
    expect(survey).toMatchObject({rows: 3, rollouts: 7, tasks: 2, notices: []});
    expect([...survey.agents]).toEqual([
      ['solver', 4],
      ['other', 3],
    ]);
    // A quarter of the bytes, rounded up, 4 for the message, 3 for the reply.
    const ofGood = Math.ceil(good.prompt.length / 4) + 7;
    expect(survey.work.get('solver')).toMatchObject({rollouts: 4, promptTokens: 4 * ofGood});
    expect(survey.work.get('other')).toMatchObject({rollouts: 3, promptTokens: 3 * 8});
  });

  it('sizes the text of instructions, tools and every kind of input, but not roles and pictures', async () => {
    const text = 'x'.repeat(40);
    const tokens = async (...rows: readonly JsonObject[]) =>
      (await surveyInput(inputOfLines(...rows), plainOptions())).work.get('solver')?.promptTokens;
    const tools = [{type: 'function', name: text}];
    expect(await tokens({prompt: text})).toBe(10 + 4 + 3);
    expect(await tokens({responses_create_params: {input: text, instructions: text, tools}})).toBe(
      30 + 8 + 3,
    );
    expect(await tokens({messages: [{role: 'user', content: [{type: 'text', text}]}]})).toBe(10 + 4 + 3);
    const picture = {type: 'input_image', image_url: `data:${text}`, detail: 'low'};
    expect(await tokens({input: [{role: 'user', content: [picture]}]})).toBe(4 + 3);
    expect(await tokens({prompt: '中'.repeat(40)})).toBe(30 + 4 + 3);
  });

  it('sums up how many tokens answers may have at most, where rows or overrides say so', async () => {
    const rows = [{prompt: 'a', responses_create_params: {max_output_tokens: 100}}, {prompt: 'b'}];
    const bounds = async (overrides: JsonObject) =>
      (await surveyInput(inputOfLines(...rows), plainOptions({overrides, numRepeats: 2}))).work.get('solver');
    expect(await bounds({})).toMatchObject({boundedRollouts: 2, boundTokens: 200});
    expect(await bounds({max_output_tokens: 7})).toMatchObject({boundedRollouts: 4, boundTokens: 28});
  });

  it('takes the digest of the rows, whatever their line ends', async () => {
    const digest = createHash('sha256').update('{"prompt":"a"}\n{"prompt":"b"}\n').digest('hex');
    for (const text of [
      '{"prompt":"a"}\n{"prompt":"b"}\n',
      '{"prompt":"a"}\r\n{"prompt":"b"}',
      '\ufeff{"prompt":"a"}\n{"prompt":"b"}\n\n',
    ]) {
      const survey = await surveyInput(inputOfBytes(Buffer.from(text)), plainOptions());
      expect(survey.inputDigest).toBe(digest);
    }
  });

  it.each([
    [undefined, 3],
    [0, 3],
    [2, 2],
    [9, 3],
  ])('with a limit of %s takes %i of 3 rows', async (limit, rows) => {
    const survey = await surveyInput(inputOfLines(good, good, good), plainOptions({limit}));
    expect(survey.rows).toBe(rows);
  });

  it('does not look at rows beyond the limit', async () => {
    const survey = await surveyInput(inputOfLines(good, 'not a row'), plainOptions({limit: 1}));
    expect(survey.rows).toBe(1);
  });

  it.each<[string, Partial<MaterializeOptions>]>([
    ['limit must be a whole number', {limit: -1}],
    ['limit must be a whole number', {limit: 1.5}],
    ['num_repeats must be whole numbers from 1, not 0', {numRepeats: 0}],
    ['not a: 0.5, b: -1', {numRepeats: {a: 0.5, _default: 1, b: -1}}],
  ])('refuses options: %s', async (message, options) => {
    await expect(surveyInput(inputOfLines(good), plainOptions(options))).rejects.toMatchObject({
      code: 'ERR_USAGE',
      fault: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });

  it('tells of everything that it changes or leaves out, once', async () => {
    const input = inputOfLines(
      {...good, reward: 1, _ng_failure_class: 'x', _ng_rollout_index: 4},
      {...good, reward: 0, temperature: 0.2},
    );
    const {notices} = await surveyInput(input, plainOptions({numRepeats: {_default: 1, ghost: 2}}));
    expect(notices).toEqual([
      'reward in 2 rows is left out: the name belongs to the output',
      '_ng_failure_class in 1 row is left out: the name belongs to the output',
      '_ng_rollout_index in 1 row is replaced: repeats are numbered anew',
      'temperature in 1 row is not sent: it counts only inside responses_create_params',
      'num_repeats lists ghost, which no row names',
    ]);
  });
});

describe('a bad row', () => {
  it.each<[string, unknown, Partial<Problem>]>([
    [
      'malformed JSON',
      '{"prompt":"ü",}',
      {column: 15, message: expect.stringContaining('is not JSON: has }') as string},
    ],
    [
      'a number that JSON does not have',
      '{"prompt":"a","x":NaN}',
      {column: 19, hint: expect.stringContaining('no such number') as string},
    ],
    ['a list', '[1]', {message: 'is a list, not a JSON object'}],
    ['null', 'null', {message: 'is null, not a JSON object'}],
    ['a text', '"x"', {message: 'is a string, not a JSON object'}],
    [
      'no input',
      {question: 'x'},
      {message: 'has no input', hint: expect.stringContaining('"messages"') as string},
    ],
    ['null input', {input: null}, {message: 'has no input'}],
    ['a prompt that is no text', {prompt: 7}, {path: 'prompt', message: 'must be a text, not a number'}],
    ['an empty prompt', {prompt: ' '}, {path: 'prompt', message: 'is empty'}],
    [
      'an input that is an object',
      {input: {}},
      {path: 'input', message: 'must be a text or a list of items, not an object'},
    ],
    ['an empty input', {input: []}, {path: 'input', message: 'is empty'}],
    ['an item that is a text', {input: ['x']}, {path: 'input[0]', message: 'must be an object, not a text'}],
    [
      'an item without role or type',
      {input: [{content: 'x'}]},
      {path: 'input[0]', message: 'has neither role nor type'},
    ],
    ['an unknown role', {input: [{role: 'usr', content: 'x'}]}, {path: 'input[0].role'}],
    [
      'a message without content',
      {input: [{role: 'user'}]},
      {path: 'input[0].content', message: 'must be a text or a list of parts, not missing'},
    ],
    ['a part without type', {input: [{role: 'user', content: ['x']}]}, {path: 'input[0].content[0]'}],
    [
      'params that are a text',
      {responses_create_params: 'x'},
      {path: 'responses_create_params', message: 'must be an object, not a text'},
    ],
    [
      'params with a bad input',
      {responses_create_params: {input: 7}},
      {path: 'responses_create_params.input'},
    ],
    [
      'a temperature that is a text',
      {responses_create_params: {input: 'x', temperature: '0.2'}},
      {path: 'responses_create_params.temperature', message: 'must be a number, not a text'},
    ],
    [
      'a temperature beyond all numbers',
      '{"prompt":"a","responses_create_params":{"temperature":1e400}}',
      {path: 'responses_create_params.temperature', message: 'must be a number, not Infinity'},
    ],
    [
      'half a token',
      {responses_create_params: {input: 'x', max_output_tokens: 0.5}},
      {message: 'must be a whole number from 1, not 0.5'},
    ],
    [
      'messages that are an object',
      {messages: {}},
      {path: 'messages', message: 'must be a list, not an object'},
    ],
    ['no messages', {messages: []}, {path: 'messages', message: 'is empty'}],
    ['a message without role', {messages: [{content: 'x'}]}, {path: 'messages[0]'}],
    [
      'a bad agent_ref',
      {...good, agent_ref: 'solver'},
      {path: 'agent_ref', message: 'must be an object with a name'},
    ],
    [
      'a bad stamp',
      {...good, _ng_task_index: -1},
      {path: '_ng_task_index', message: 'must be a whole number from 0, not -1'},
    ],
    [
      'bottomless nesting',
      `{"prompt":"a","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      {message: 'is nested deeper than 200 levels'},
    ],
  ])('with %s is named with its line', async (_, row, problem) => {
    const [found, ...others] = await problemsOf(inputOfLines(good, row), plainOptions());
    expect(found).toMatchObject({file: 'rows.jsonl', line: 2, ...problem});
    expect(others).toEqual([]);
  });

  it.each([
    ['latin1', Buffer.from('{"prompt":"größe"}\n', 'latin1'), 14, 'LATIN1'],
    ['UTF-16', Buffer.from('\ufeff{"prompt":"a"}', 'utf16le'), 1, 'UTF-16'],
    [
      'a cut character',
      Buffer.concat([Buffer.from('{"prompt":"\ufffd'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')]),
      13,
      'UTF-8',
    ],
  ])('in %s is named with line and column', async (_, bytes, column, hint) => {
    const [found] = await problemsOf(inputOfBytes(bytes), plainOptions());
    expect(found).toMatchObject({
      line: 1,
      column,
      message: expect.stringContaining('is not UTF-8') as string,
    });
    expect(found?.hint).toContain(hint);
  });

  it('is named together with all the others, in the order of the file', async () => {
    const problems = await problemsOf(
      inputOfLines('{', good, '', {input: [{}, {role: 1}], agent_ref: 7}),
      plainOptions(),
    );
    expect(problems.map(({line, path, message}) => `${line}: ${path ?? message}`)).toEqual([
      '1: is not JSON: ends where a key or } should be',
      '3: is blank',
      '4: input[0]',
      '4: input[1].role',
      '4: input[1].content',
      '4: agent_ref',
    ]);
  });

  it('is only counted after the hundredth', async () => {
    const problems = await problemsOf(inputOfLines(...Array.from({length: 150}, () => '[]')), plainOptions());
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toBe('… and 50 more problems');
  });

  it('that is blank is only a mistake between rows', async () => {
    expect((await surveyInput(inputOfLines(good, '', ' \r'), plainOptions())).rows).toBe(1);
    expect(await problemsOf(inputOfLines('', good), plainOptions())).toMatchObject([
      {line: 1, message: 'is blank'},
    ]);
  });

  it('that nobody wrote is a mistake too: an input has rows', async () => {
    expect(await problemsOf(inputOfBytes(Buffer.alloc(0)), plainOptions())).toMatchObject([
      {message: 'has no rows'},
    ]);
  });

  it('without an agent is named, with what to do', async () => {
    const options = plainOptions({agentName: undefined, knownAgents: ['solver']});
    const [problem] = await problemsOf(inputOfLines({...good, agent_ref: {name: 'solver'}}, good), options);
    expect(problem).toMatchObject({
      line: 2,
      path: 'agent_ref',
      hint: expect.stringContaining('--agent solver') as string,
    });
  });

  it('with an agent that is not there is named with its likes', async () => {
    const row = {...good, agent_ref: {name: 'slover'}};
    const input = inputOfLines(good, ...Array.from({length: 7}, () => row));
    expect(await problemsOf(input, plainOptions({knownAgents: ['solver', 'judge']}))).toMatchObject([
      {
        line: 2,
        message: 'there is no agent slover (lines 2, 3, 4, 5, 6 and 2 more)',
        hint: 'Did you mean solver? There is: solver, judge.',
      },
    ]);
  });

  it('of an agent without a number of repeats makes one problem with all such agents', async () => {
    const input = inputOfLines(good, {...good, agent_ref: {name: 'b'}}, {...good, agent_ref: {name: 'c'}});
    expect(await problemsOf(input, plainOptions({numRepeats: {b: 1}}))).toMatchObject([
      {message: 'num_repeats says nothing about solver, c'},
    ]);
  });

  it('lacks a field of the prompt config, or has an input already', async () => {
    const promptConfig = parsePromptConfig('user: "{question} {context}"', 'prompt.yaml');
    const input = inputOfLines(
      {question: 'q', context: null},
      {question: 'q', context: 'c'},
      {question: 'q', context: 'c', responses_create_params: {input: 'x'}},
    );
    expect(await problemsOf(input, plainOptions({promptConfig}))).toMatchObject([
      {line: 1, path: 'context', message: 'is null, and the prompt config asks for {context}'},
      {line: 3, path: 'responses_create_params.input', message: 'is there, and so is a prompt config'},
    ]);
  });

  it('has an extra_body that cannot take a seed', async () => {
    const row = {responses_create_params: {input: 'x', metadata: {extra_body: '[1]'}}};
    expect(await problemsOf(inputOfLines(row), plainOptions({addSeed: true}))).toMatchObject([
      {line: 1, path: 'responses_create_params.metadata.extra_body'},
    ]);
    expect((await surveyInput(inputOfLines(row), plainOptions())).rows).toBe(1);
  });
});

async function problemsOf(...args: Parameters<typeof surveyInput>): Promise<readonly Problem[]> {
  const error = await surveyInput(...args).then(
    () => undefined,
    (reason: unknown) => reason as RollcallError,
  );
  expect(error).toMatchObject({code: 'ERR_DATASET', fault: 'dataset'});
  return error?.problems ?? [];
}
