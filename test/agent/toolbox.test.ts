import {describe, expect, it} from 'vitest';
import {createToolbox} from '../../src/agent/toolbox.ts';
import type {JsonValue} from '../../src/core/json.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {functionCall, scriptedTools} from './scripted-agent.ts';

const options = {cancellation: neverCancelled};
const declared = (...names: readonly string[]): JsonValue[] =>
  names.map((name) => ({type: 'function', name, parameters: {}}));

describe('createToolbox', () => {
  it.each([
    ['of the Responses API', {type: 'function', name: 'look_up'}],
    ['of chat completions', {type: 'function', function: {name: 'look_up'}}],
  ])('calls a tool declared in the shape %s with the arguments', async (_, tool) => {
    const session = scriptedTools(() => 'found');
    const answer = createToolbox([tool], session);
    expect(await answer(functionCall('look_up', '{"q":["x",1.5]}'), options)).toBe('found');
    expect(session.called).toEqual([['look_up', {q: ['x', 1.5]}]]);
  });

  it.each(['plain text', '{"detail":[{"loc":["body","q"]}]}', ''])(
    'gives back what a tool says as it is: %j',
    async (said) => {
      const answer = createToolbox(
        declared('look_up'),
        scriptedTools(() => said),
      );
      expect(await answer(functionCall('look_up'), options)).toBe(said);
    },
  );

  it('hands on integers as they are written', async () => {
    const session = scriptedTools();
    await createToolbox(declared('add'), session)(functionCall('add', '{"n":9007199254740993}'), options);
    expect(session.called).toEqual([['add', {n: 9007199254740993n}]]);
  });

  it.each<[string, JsonValue | undefined, RegExp]>([
    ['no JSON', '{"q":', /not JSON: character 6 ends where a value should be/],
    ["Python's way to write it", "{'q': 1}", /not JSON: character 2/],
    ['nothing', '', /not JSON: character 1/],
    ['a list', '[1]', /no object/],
    ['null', 'null', /no object/],
    ['no text', undefined, /no arguments/],
    ['an object in place of its text', {q: 1}, /no arguments/],
    ['nested without end', `{"q":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, /nested too deeply/],
    [
      'nested without end and with long integers',
      `{"q":${'['.repeat(200_000)}12345678901234567890${']'.repeat(200_000)}}`,
      /nested too deeply/,
    ],
  ])('tells the model that arguments are no use when they are %s', async (_, args, problem) => {
    const session = scriptedTools();
    const call = {...functionCall('look_up'), arguments: args};
    const output = JSON.parse(await createToolbox(declared('look_up'), session)(call, options)) as unknown;
    expect(output).toEqual({error: expect.stringMatching(problem) as unknown});
    expect(session.called).toEqual([]);
  });

  it.each([
    'delete_everything',
    'verify',
    'seed_session',
    'aggregate_metrics',
    'reverify_mode',
    'run',
    'v1',
    'healthz',
    'metrics',
    '../verify',
    'a/../verify',
    'verify?x=1',
    'verify#',
    '%76erify',
    'with space',
    'x'.repeat(65),
    '',
    'ö',
    '__proto__',
  ])('calls nothing for the name %j', async (name) => {
    const session = scriptedTools();
    // Declared or not: a server's own routes and what is no plain name are never tools.
    const names = name === 'delete_everything' || name === '__proto__' ? [] : [name];
    const answer = createToolbox(declared('look_up', ...names), session);
    const output = JSON.parse(await answer(functionCall(name), options)) as {error: string};
    expect(output.error).toBe(`no tool ${JSON.stringify(name.slice(0, 64))}: there are look_up`);
    expect(session.called).toEqual([]);
  });

  it.each<JsonValue | undefined>([
    undefined,
    null,
    'look_up',
    [null, 'look_up', {name: 'look_up'}],
    [{type: 'custom', name: 'look_up'}],
  ])('has no tools in %j', async (tools) => {
    const session = scriptedTools();
    const output = await createToolbox(tools, session)(functionCall('look_up'), options);
    expect(JSON.parse(output)).toEqual({error: 'no tool "look_up": there are none'});
    expect(session.called).toEqual([]);
  });
});
