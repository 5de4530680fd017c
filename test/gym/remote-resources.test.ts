import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {createRemoteJudge, createRemoteResources} from '../../src/gym/remote-resources.ts';
import {
  type Answer,
  closedPort,
  type GymDoors,
  json,
  openDoors,
  openGymServer,
  untilWaiting,
} from './gym-server.ts';

const row: JsonObject = {
  responses_create_params: {input: 'x', seed: 7, temperature: null, top_p: 0.9},
  expected_answer: 'Jupiter',
  big: 12345678901234567890n,
};
const response: JsonObject = {id: 'resp_1', output: [], content_filters: null};

function optionsOf({http, clock, random, redact}: GymDoors, url: string) {
  return {http, clock, random, redact, url};
}

/** Answers by path; 404 as FastAPI does for the rest. */
function routes(table: Readonly<Record<string, Answer>>): Answer {
  return (request, reply, index) => {
    const answer = table[request.path] ?? json('{"detail":"Not Found"}', 404);
    answer(request, reply, index);
  };
}

const verdict = json(
  '{"responses_create_params":{},"response":{},"reward":1.0,"expected_answer":"J","judge_evaluations":[],"_ng_x":1}',
);

describe('createRemoteResources', () => {
  it('holds a session together by its cookies, from seed to verdict', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(
      routes({
        '/seed_session': json('{}', 200, {'set-cookie': ['S___n=aSFs.x==; path=/; httponly', 'other=1']}),
        '/get_weather': json('{"sunny":true}', 200, {'set-cookie': 'S___n=second; path=/'}),
        '/verify': verdict,
      }),
    );
    const session = await createRemoteResources(optionsOf(doors, server.url))(row, doors);
    expect(await session.callTool('get_weather', {city: 'Bonn', n: 12345678901234567890n}, doors)).toBe(
      '{"sunny":true}',
    );
    expect(await session.verify(row, response, doors)).toEqual({
      reward: 1,
      fields: {judge_evaluations: []},
      traces: [],
    });
    expect(server.requests.map(({path, headers: {cookie}}) => [path, cookie])).toEqual([
      ['/seed_session', undefined],
      ['/get_weather', 'S___n=aSFs.x==; other=1'],
      ['/verify', 'S___n=second; other=1'],
    ]);
    expect(server.requests[0]?.text).toContain('"big":12345678901234567890');
    expect(server.requests[1]?.text).toBe('{"city":"Bonn","n":12345678901234567890}');
  });

  it('shares no cookie between sessions', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(
      routes({'/seed_session': json('{}', 200, {'set-cookie': 'a=1'})}),
    );
    const open = createRemoteResources(optionsOf(doors, server.url));
    await open(row, doors);
    await open(row, doors);
    expect(server.requests[1]?.headers.cookie).toBeUndefined();
  });

  it('sends /verify what NeMo Gym takes: the row, the parameters that it knows, the answer with all that it requires', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(routes({'/verify': verdict}));
    const session = await createRemoteResources({...optionsOf(doors, server.url), token: 'tok'})(row, doors);
    await session.verify(row, response, doors);
    expect(server.requests.map(({headers}) => headers.authorization)).toEqual(['Bearer tok', 'Bearer tok']);
    expect(JSON.parse(server.requests[1]?.text ?? '')).toMatchObject({
      responses_create_params: {input: 'x', top_p: 0.9},
      expected_answer: 'Jupiter',
      response: {
        id: 'resp_1',
        object: 'response',
        created_at: 1_750_000_000,
        tools: [],
        tool_choice: 'auto',
        content_filters: null,
      },
    });
    expect(server.requests[1]?.text).not.toMatch(/seed|temperature/);
  });

  it.each([404, 422, 500, 503])('gives the model what a tool says with status %i, once', async (status) => {
    await using doors = openDoors();
    await using server = await openGymServer(
      routes({'/t': json('{"detail": "so it is"}', status, {'retry-after': '1'})}),
    );
    const session = await createRemoteResources(optionsOf(doors, server.url))(row, doors);
    expect(await session.callTool('t', {}, doors)).toBe('{"detail": "so it is"}');
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['a b/../verify?x#y', '/a%20b%2F..%2Fverify%3Fx%23y'],
    ['..', '/%2E%2E'],
    ['.', '/%2E'],
    ['half \ud800', '/half%20%EF%BF%BD'],
  ])('lets the name %j of a tool lead nowhere else', async (name, path) => {
    await using doors = openDoors();
    await using server = await openGymServer(routes({}));
    const session = await createRemoteResources(optionsOf(doors, server.url))(row, doors);
    await session.callTool(name, {}, doors);
    expect(server.requests[1]?.path).toBe(path);
  });

  it("fails as the agent's when the session cannot be opened or a tool is cut off", async () => {
    await using doors = openDoors();
    await using server = await openGymServer((request, reply, index) => {
      if (index === 0) json('"KeyError()"', 500)(request, reply, index);
      else if (index === 1) json('{}')(request, reply, index);
      else reply.destroy();
    });
    const open = createRemoteResources(optionsOf(doors, server.url));
    await expect(open(row, doors)).rejects.toMatchObject({
      code: 'ERR_AGENT_RUN',
      fault: 'agent',
      effect: 'retry',
    });
    const session = await open(row, doors);
    await expect(session.callTool('t', {}, doors)).rejects.toMatchObject({
      code: 'ERR_AGENT_REQUEST',
      unreachable: false,
    });
    expect(server.requests).toHaveLength(3);
  });

  it('waits for a server that is not there yet', async () => {
    await using doors = openDoors();
    const port = await closedPort();
    const opening = createRemoteResources(optionsOf(doors, `http://127.0.0.1:${String(port)}`))(row, doors);
    const failed = expect(opening).rejects.toMatchObject({unreachable: true});
    for (let wait = 0; wait < 4; wait++) {
      await untilWaiting(doors.clock);
      await doors.clock.advance(8_000);
    }
    await failed;
  });
});

describe('createRemoteJudge', () => {
  it.each(['', '/', '/verify', '/verify/', '/env', '/env/verify'])(
    'finds /verify from a URL that ends in %j',
    async (suffix) => {
      await using doors = openDoors();
      const prefix = suffix.startsWith('/env') ? '/env' : '';
      await using server = await openGymServer(routes({[`${prefix}/verify`]: verdict}));
      const judge = createRemoteJudge(optionsOf(doors, `${server.url}${suffix}`));
      expect(await judge(row, response, doors)).toMatchObject({reward: 1});
      expect(server.requests.map(({path}) => path)).toEqual([`${prefix}/seed_session`, `${prefix}/verify`]);
    },
  );

  it('seeds a session for each answer and shows its cookie', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(
      routes({
        '/seed_session': (request, reply, index) =>
          json('{}', 200, {'set-cookie': `id=${String(index)}`})(request, reply, index),
        '/verify': verdict,
      }),
    );
    const judge = createRemoteJudge(optionsOf(doors, server.url));
    await judge(row, response, doors);
    await judge(row, response, doors);
    expect(server.requests.map(({headers}) => headers.cookie)).toEqual([
      undefined,
      'id=0',
      undefined,
      'id=2',
    ]);
  });

  it.each([
    ['no reward', '{"response":{}}', 'without a number'],
    ['a null reward', '{"reward":null}', 'without a number'],
    ['a text for a reward', '{"reward":"1.0"}', 'without a number'],
    [
      'a failure of the judge',
      '{"reward":0.0,"_ng_failure_class":"judge_failed","_ng_failure_judge_error":"boom"}',
      'boom',
    ],
    ['a page', '<html>hello</html>', 'no JSON object'],
  ])('gives no reward for %s', async (_, text, said) => {
    await using doors = openDoors();
    await using server = await openGymServer(routes({'/verify': json(text)}));
    const judge = createRemoteJudge(optionsOf(doors, server.url));
    await expect(judge(row, response, doors)).rejects.toMatchObject({
      code: 'ERR_JUDGE_CALL',
      fault: 'judge',
      effect: 'retry',
      message: expect.stringContaining(said) as string,
    });
  });

  it.each([
    [404, '{"detail":"Not Found"}', 'run'],
    [422, '{"detail":[]}', 'rollout'],
    [500, '"boom"', 'retry'],
  ])('says of %i %s what it means: %s', async (status, text, effect) => {
    await using doors = openDoors();
    await using server = await openGymServer(routes({'/verify': json(text, status)}));
    const judge = createRemoteJudge(optionsOf(doors, server.url));
    await expect(judge(row, response, doors)).rejects.toMatchObject({
      fault: 'judge',
      effect,
      httpStatus: status,
    });
    expect(server.requests).toHaveLength(2);
  });

  it.each([429, 502, 503, 504])('asks again after a %i on the way, three times at most', async (status) => {
    await using doors = openDoors();
    await using server = await openGymServer(routes({'/verify': json('', status)}));
    const judge = createRemoteJudge(optionsOf(doors, server.url));
    const failed = expect(judge(row, response, doors)).rejects.toMatchObject({
      httpStatus: status,
      fault: 'judge',
    });
    for (let wait = 0; wait < 3; wait++) {
      await untilWaiting(doors.clock);
      await doors.clock.advance(8_000);
    }
    await failed;
    expect(server.requests.filter(({path}) => path === '/verify')).toHaveLength(4);
  });
});
