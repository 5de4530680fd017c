import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {itemsOf} from '../../src/core/batches.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {splitMembers} from '../../src/core/raw-json.ts';
import type {MaterializeOptions} from '../../src/dataset/materialize-options.ts';
import {materializeRows} from '../../src/dataset/materialize-rows.ts';
import {parsePromptConfig} from '../../src/dataset/prompt-config.ts';
import {surveyInput} from '../../src/dataset/survey-input.ts';
import {collect, inputOfBytes, inputOfLines, materializeAll, plainOptions} from './input-of-lines.ts';

describe('materializeRows', () => {
  it('writes a row as NeMo Gym does: its members, agent_ref and the two indices', async () => {
    const row =
      '{"responses_create_params":{"input":[{"role":"user","content":"Name the largest planet."}],"temperature":0.2},"question":"Name the largest planet.","expected_answer":"Jupiter"}';
    const {rows} = await materializeAll(inputOfLines(row), plainOptions({numRepeats: 2}));
    expect(rows.map(({text}) => text)).toEqual(
      [0, 1].map(
        (n) =>
          `${row.slice(0, -1)},"agent_ref":{"name":"solver"},"_ng_task_index":0,"_ng_rollout_index":${n}}`,
      ),
    );
    expect(rows[1]).toMatchObject({id: {taskIndex: 0, rolloutIndex: 1}, agentName: 'solver'});
  });

  it.each<[string, unknown, unknown]>([
    ['prompt', {prompt: 'hi'}, [{role: 'user', content: 'hi'}]],
    ['input as text', {input: 'hi'}, [{role: 'user', content: 'hi'}]],
    [
      'input as items',
      {
        input: [
          {role: 'system', content: 's'},
          {type: 'reasoning', id: 'r'},
        ],
      },
      [
        {role: 'system', content: 's'},
        {type: 'reasoning', id: 'r'},
      ],
    ],
    [
      'params beside a prompt',
      {prompt: 'hi', responses_create_params: {top_p: 1}},
      [{role: 'user', content: 'hi'}],
    ],
    [
      'params with input, whatever stands beside',
      {messages: 7, prompt: 8, responses_create_params: {input: 'hi'}},
      'hi',
    ],
    [
      'messages before input',
      {messages: [{role: 'user', content: 'm'}], input: 'i'},
      [expect.objectContaining({role: 'user'}) as unknown],
    ],
  ])('takes the input of a row that has %s', async (_, row, input) => {
    const {rows} = await materializeAll(inputOfLines(row));
    const written = parse(rows[0]?.text);
    expect((written['responses_create_params'] as JsonObject)['input']).toEqual(input);
    expect(written).toMatchObject(row as JsonObject);
  });

  it('keeps what it does not know as it was written: large integers, 1.0, escapes, key order', async () => {
    const row =
      '{"z":12345678901234567890, "responses_create_params": {"input": "x", "top_p": 1.0}, "a": {"id": 9007199254740993}, "u":"\\u00e9"}';
    const {rows} = await materializeAll(inputOfLines(row), plainOptions({overrides: {temperature: 0.5}}));
    expect(rows[0]?.text).toBe(
      '{"z":12345678901234567890,"responses_create_params":{"input":"x","top_p":1.0,"temperature":0.5},"a":{"id": 9007199254740993},"u":"\\u00e9","agent_ref":{"name":"solver"},"_ng_task_index":0,"_ng_rollout_index":0}',
    );
  });

  it('replaces parameters whole, not part by part', async () => {
    const row = {responses_create_params: {input: 'x', reasoning: {effort: 'low', summary: 'auto'}}};
    const {rows} = await materializeAll(
      inputOfLines(row),
      plainOptions({overrides: {reasoning: {effort: 'high'}}}),
    );
    expect(parse(rows[0]?.text)['responses_create_params']).toEqual({
      input: 'x',
      reasoning: {effort: 'high'},
    });
  });

  it('keeps a row’s own agent_ref, and takes the default only for rows without', async () => {
    const own = {prompt: 'a', agent_ref: {type: 'responses_api_agents', name: 'other'}};
    const {rows} = await materializeAll(inputOfLines(own, {prompt: 'b', agent_ref: null}));
    expect(rows.map(({agentName}) => agentName)).toEqual(['other', 'solver']);
    expect(parse(rows[0]?.text)['agent_ref']).toEqual(own.agent_ref);
    expect(parse(rows[1]?.text)['agent_ref']).toEqual({name: 'solver'});
  });

  it('leaves out what an earlier output put into a row', async () => {
    const row = {
      prompt: 'a',
      response: {id: 'old'},
      reward: 1,
      judge_evaluations: [],
      _rollcall: {},
      _ng_failure: {},
      _ng_attempt_index: 1,
      _ng_rollout_index: 5,
      uuid: 'u',
    };
    const {rows} = await materializeAll(inputOfLines(row));
    expect(Object.keys(parse(rows[0]?.text))).toEqual([
      'prompt',
      'uuid',
      'responses_create_params',
      'agent_ref',
      '_ng_task_index',
      '_ng_rollout_index',
    ]);
  });

  it('stamps skills_ref', async () => {
    const skillsRef = {path: 'skills', hash: '0123456789ab', skills: ['a']};
    const {rows} = await materializeAll(inputOfLines({prompt: 'a'}), plainOptions({skillsRef}));
    expect(parse(rows[0]?.text)['skills_ref']).toEqual(skillsRef);
  });

  it('fills the prompt config from the row, numbers as they are spelled', async () => {
    const promptConfig = parsePromptConfig(
      'system: "Be {tone}."\nuser: "{n} of {big}, {{x}}: {options} {flag} {__proto__}"',
      'p.yaml',
    );
    const row =
      '{"n":1.0,"big":12345678901234567890,"tone":"brief {n}","options":["a","b"],"flag":true,"__proto__":"p","responses_create_params":{"top_p":1,"input":[]}}';
    const {rows} = await materializeAll(inputOfLines(row), plainOptions({promptConfig}));
    expect(parse(rows[0]?.text)['responses_create_params']).toEqual({
      top_p: 1,
      input: [
        {role: 'system', content: 'Be brief {n}.'},
        {role: 'user', content: '1.0 of 12345678901234567890, {x}: ["a","b"] True p'},
      ],
    });
  });
});

describe('task and rollout indices', () => {
  it.each<[string, unknown[], Partial<MaterializeOptions>, string[]]>([
    [
      'follow one another, aabbcc',
      [{prompt: 'a'}, {prompt: 'b'}],
      {numRepeats: 2},
      ['0:0', '0:1', '1:0', '1:1'],
    ],
    [
      'count on where a row comes again',
      [{prompt: 'a'}, {prompt: 'b'}, {prompt: 'a'}],
      {numRepeats: 2},
      ['0:0', '0:1', '1:0', '1:1', '0:2', '0:3'],
    ],
    [
      'keep the stamps of rows',
      [
        {prompt: 'a', _ng_task_index: 7},
        {prompt: 'b', _ng_task_index: 7},
      ],
      {},
      ['7:0', '7:1'],
    ],
    [
      'never meet a stamp by chance',
      [{prompt: 'a', _ng_task_index: 1}, {prompt: 'b'}, {prompt: 'c', _ng_task_index: 3}],
      {},
      ['1:0', '4:0', '3:0'],
    ],
    ['tell rows apart that only look alike', ['{"prompt":"a"}', '{"prompt": "a"}'], {}, ['0:0', '1:0']],
    ['ignore how a line ends', ['{"prompt":"a"}\r', '{"prompt":"a"}'], {}, ['0:0', '0:1']],
    [
      'follow the agent’s own number of repeats',
      [{prompt: 'a'}, {prompt: 'b', agent_ref: {name: 'two'}}],
      {numRepeats: {two: 2, _default: 1}},
      ['0:0', '1:0', '1:1'],
    ],
    [
      'reach beyond 2^32',
      [
        {prompt: 'a', _ng_task_index: 2 ** 53 - 1},
        {prompt: 'b', _ng_task_index: 2 ** 32},
      ],
      {},
      ['9007199254740991:0', '4294967296:0'],
    ],
  ])('%s', async (_, lines, options, ids) => {
    const {rows} = await materializeAll(inputOfLines(...lines), plainOptions(options));
    expect(rows.map(({id}) => `${id.taskIndex}:${id.rolloutIndex}`)).toEqual(ids);
    for (const {text, id} of rows) {
      expect(parse(text)).toMatchObject({_ng_task_index: id.taskIndex, _ng_rollout_index: id.rolloutIndex});
    }
  });

  it('match a last line without newline with its twin', async () => {
    const {rows} = await materializeAll(inputOfBytes(Buffer.from('{"prompt":"a"}\n{"prompt":"a"}')));
    expect(rows.map(({id}) => id)).toEqual([
      {taskIndex: 0, rolloutIndex: 0},
      {taskIndex: 0, rolloutIndex: 1},
    ]);
  });

  it('are each there exactly once, whatever the rows, stamps and repeats', async () => {
    const row = fc.record(
      {
        prompt: fc.constantFrom('a', 'b', 'c'),
        _ng_task_index: fc.nat({max: 8}),
        agent_ref: fc.constantFrom({name: 'x'}, {name: 'y'}),
      },
      {requiredKeys: ['prompt']},
    );
    const repeats = fc.oneof(
      fc.integer({min: 1, max: 3}),
      fc.record({x: fc.integer({min: 1, max: 3}), _default: fc.constant(2)}),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, {minLength: 1, maxLength: 15}), repeats, async (lines, numRepeats) => {
        const {survey, rows} = await materializeAll(inputOfLines(...lines), plainOptions({numRepeats}));
        const ids = rows.map(({id}) => `${id.taskIndex}:${id.rolloutIndex}`);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toHaveLength(survey.rollouts);
        expect(new Set(rows.map(({id}) => id.taskIndex)).size).toBe(survey.tasks);
        for (const [at, {id}] of rows.entries()) {
          const earlier = rows.slice(0, at).filter((each) => each.id.taskIndex === id.taskIndex).length;
          expect(id.rolloutIndex).toBe(earlier);
        }
      }),
    );
  });
});

describe('seeds', () => {
  it.each<[string, JsonObject, string]>([
    ['without metadata', {input: 'x'}, '{"seed":1}'],
    ['with metadata', {input: 'x', metadata: {a: 'b'}}, '{"seed":1}'],
    ['with null metadata', {input: 'x', metadata: null}, '{"seed":1}'],
    [
      'with an extra_body',
      {input: 'x', metadata: {extra_body: '{"top_k":5, "big":12345678901234567890,"seed":9}'}},
      '{"top_k":5,"big":12345678901234567890,"seed":1}',
    ],
  ])('are the rollout index, in a row %s', async (_, params, extraBody) => {
    const {rows} = await materializeAll(
      inputOfLines({responses_create_params: params}),
      plainOptions({numRepeats: 2, addSeed: true}),
    );
    const written = parse(rows[1]?.text)['responses_create_params'] as JsonObject;
    expect(written['metadata']).toEqual({
      ...(params['metadata'] as JsonObject | null),
      extra_body: extraBody,
    });
  });
});

describe('for all rows', () => {
  it('every member comes out as it went in', async () => {
    const member = fc.tuple(
      fc
        .string()
        .filter((key) => !/^(?:_|response|reward|judge|agent|skills|prompt|input|messages|verif)/.test(key)),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(member, {selector: ([key]) => key}), async (members) => {
        const row = `{${[...members.map(([key, raw]) => `${JSON.stringify(key)} : ${raw}`), '"prompt":"x"'].join(' ,')}}`;
        const {rows} = await materializeAll(inputOfLines(row));
        const written = splitMembers(rows[0]?.text ?? '');
        for (const [key, raw] of members) expect(written.get(key)).toBe(raw.trim());
      }),
    );
  });
});

describe('an input that changed after the survey', () => {
  it.each([
    ['lost a row', [{prompt: 'a'}]],
    ['got a row more', [{prompt: 'a'}, {prompt: 'b'}, {prompt: 'c'}]],
    ['was damaged', [{prompt: 'a'}, '{']],
    ['lost its input', [{prompt: 'a'}, {}]],
  ])('is refused when it %s', async (_, after) => {
    const survey = await surveyInput(inputOfLines({prompt: 'a'}, {prompt: 'b'}), plainOptions());
    const rows = materializeRows(inputOfLines(...after), survey, plainOptions());
    await expect(collect(itemsOf(rows))).rejects.toMatchObject({
      code: 'ERR_DATASET',
      message: expect.stringContaining('changed') as string,
    });
  });
});

function parse(text: string | undefined): JsonObject {
  return JSON.parse(text ?? '') as JsonObject;
}
