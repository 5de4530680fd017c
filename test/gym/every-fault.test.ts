import type {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import {limitTime} from '../../src/collect/time-limit.ts';
import type {Outcome, Rollout} from '../../src/core/rollout.ts';
import {createRemoteRunner} from '../../src/gym/remote-agent.ts';
import {createRemoteJudge} from '../../src/gym/remote-resources.ts';
import {chunkedHead, httpChunk, openScriptedServer, reply} from '../azure/scripted-server.ts';
import {openDoors} from './gym-server.ts';

const whole = reply(200, {response: {object: 'response', output: []}, reward: 1});
const rollout: Rollout = {
  id: {taskIndex: 0, rolloutIndex: 0},
  agentName: 'a',
  attempt: 1,
  row: {},
  text: '{}',
};

type Script = (socket: Socket) => void;

const drip: Script = (socket) => {
  const next = (): void => {
    if (socket.writable) socket.write(httpChunk(' '), () => setImmediate(next));
  };
  socket.write(chunkedHead, next);
};

/** How a server elsewhere breaks; what it comes to there, and what is said. Those that never end meet the rollout's limit. */
const faults: readonly (readonly [name: string, script: Script, code: string, message: RegExp])[] = [
  ['never answers', () => undefined, 'limit', /took longer/],
  ['stalls', (socket) => socket.write(whole.slice(0, -9)), 'limit', /took longer/],
  ['drips for ever', drip, 'limit', /took longer/],
  ['closes without a word', (socket) => socket.destroy(), 'REQUEST', /broke before a reply came/],
  ['resets', (socket) => socket.resetAndDestroy(), 'REQUEST', /broke before a reply came/],
  ['half-closes at once', (socket) => socket.end(), 'REQUEST', /broke before a reply came/],
  ['half-closes within', (socket) => socket.end(whole.slice(0, -9)), 'REQUEST', /broke off/],
  [
    'breaks off a chunk',
    (socket) => socket.end(chunkedHead + httpChunk('{"a"').slice(0, -3)),
    'REQUEST',
    /broke off/,
  ],
  ['answers what is not HTTP', (socket) => socket.end('SSH-2.0-x\r\n'), 'REQUEST', /not HTTP/],
  ['answers a page', (socket) => socket.write(reply(200, '<html>hi</html>')), 'RUN|REQUEST', /./],
  ['answers nothing', (socket) => socket.write(reply(200, '')), 'RUN|REQUEST', /./],
  ['answers half a document', (socket) => socket.write(reply(200, '{"response": {')), 'RUN|REQUEST', /./],
];

describe('a server elsewhere that breaks', () => {
  it.each(faults)('ends the rollout that it was asked for: it %s', async (_, script, code, message) => {
    await using doors = openDoors();
    await using server = await openScriptedServer(script);
    const run = limitTime(
      createRemoteRunner({...doors, url: server.origin, agentName: 'a', token: undefined}),
      60_000,
      doors.clock,
    );
    const ending = run(rollout, doors);
    await server.received(1);
    if (code === 'limit') await doors.clock.advance(60_000);
    const outcome: Outcome = await ending;
    expect(outcome).toMatchObject({
      status: 'failed',
      error: {
        code:
          code === 'limit'
            ? 'ERR_ROLLOUT_TIMEOUT'
            : (expect.stringMatching(new RegExp(`^ERR_AGENT_(${code})$`)) as string),
        message: expect.stringMatching(message) as string,
      },
    });
    // What may have been worked on is not asked for twice.
    expect(server.requests).toHaveLength(1);
  });

  it.each(faults.filter(([, , code]) => code === 'REQUEST'))(
    'gives no reward as a judge: it %s',
    async (_, script, __, message) => {
      await using doors = openDoors();
      await using server = await openScriptedServer(script);
      const judge = createRemoteJudge({...doors, url: server.origin, token: undefined});
      const failure = await judge({}, {object: 'response'}, doors).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        fault: 'judge',
        message: expect.stringMatching(message) as string,
      });
    },
  );
});
