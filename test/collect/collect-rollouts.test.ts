import {describe, expect, it} from 'vitest';
import {type CollectEnd, collectRollouts} from '../../src/collect/collect-rollouts.ts';
import {runLocally} from '../../src/collect/run-rollout.ts';
import {limitTime} from '../../src/collect/time-limit.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, type CallErrorOptions, CancelledError} from '../../src/core/errors.ts';
import type {Agent, DispatchJournal, Judge} from '../../src/core/ports.ts';
import type {Outcome, Rollout} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

function failure(about: Partial<CallErrorOptions> = {}): CallError {
  return new CallError('no', {code: 'ERR_MODEL_SERVER', fault: 'model', effect: 'retry', ...about});
}

const answer = {response: {object: 'response'}, trace: {deployment: 'gpt', calls: 1, queuedMs: 0, callMs: 5}};

interface Scene {
  readonly rows?: number;
  readonly concurrency?: number;
  readonly answeredBefore?: boolean;
  readonly agent?: Agent;
  readonly judge?: Judge;
  readonly write?: (outcome: Outcome) => Promise<void>;
  readonly dispatched?: DispatchJournal;
}

/** Starts a collection of `rows` rollouts under virtual time, each call of the default agent taking 100 ms. */
function startScene({
  rows = 5,
  concurrency = 2,
  answeredBefore = false,
  agent,
  judge,
  write,
  dispatched,
}: Scene) {
  const clock = createFakeClock();
  const drain = new CancellationSource();
  const abort = new CancellationSource();
  const written: Outcome[] = [];
  const defaultAgent: Agent = async () => {
    await new Promise<void>((resolve) => clock.setTimer(100, resolve));
    return answer;
  };
  const local = runLocally({agent: agent ?? defaultAgent, resources: undefined, judge}, clock);
  const runner = limitTime(local, 60_000, clock);
  const sink = {
    write: write ?? ((outcome: Outcome) => Promise.resolve(void written.push(outcome))),
    close: () => Promise.resolve(),
  };
  const seen: Outcome[] = [];
  const end = collectRollouts(
    rollouts(rows),
    {concurrency, answeredBefore, drain, abort},
    {runnerOf: () => runner, sink, dispatched},
    {onStart: () => undefined, onOutcome: (outcome) => seen.push(outcome)},
  ).catch((error: unknown) => error);
  return {clock, drain, abort, written, seen, end: end as Promise<CollectEnd>};
}

async function* rollouts(count: number): AsyncGenerator<Rollout> {
  for (let taskIndex = 0; taskIndex < count; taskIndex++) {
    const row = {taskIndex};
    yield await Promise.resolve({
      id: {taskIndex, rolloutIndex: 0},
      agentName: 'a',
      attempt: 1,
      row,
      text: JSON.stringify(row),
    });
  }
}

describe('a collection', () => {
  it('writes every rollout once and says that it is complete', async () => {
    const {clock, written, seen, end} = startScene({rows: 7, concurrency: 3});
    await clock.advance(1000);
    expect(await end).toEqual({kind: 'complete'});
    expect(written.map(({rollout}) => rollout.id.taskIndex).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(seen).toEqual(written);
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends nothing for a rollout before its begin is noted', async () => {
    const order: string[] = [];
    const agent: Agent = ({id}) => {
      order.push(`sent ${id.taskIndex}`);
      return Promise.resolve(answer);
    };
    const clock = createFakeClock();
    const dispatched: DispatchJournal = {
      async begin({id}) {
        await new Promise<void>((resolve) => clock.setTimer(10, resolve));
        order.push(`noted ${id.taskIndex}`);
      },
    };
    const {end} = startScene({rows: 2, concurrency: 2, agent, dispatched});
    await clock.advance(100);
    expect(await end).toEqual({kind: 'complete'});
    expect(order.toSorted()).toEqual(['noted 0', 'noted 1', 'sent 0', 'sent 1']);
    for (const task of [0, 1])
      expect(order.indexOf(`noted ${task}`)).toBeLessThan(order.indexOf(`sent ${task}`));
  });

  it('ends when nothing can be noted, and has sent nothing', async () => {
    const full = new Error('the disk is full');
    let sent = 0;
    const agent: Agent = () => {
      sent++;
      return Promise.resolve(answer);
    };
    const {end} = startScene({agent, dispatched: {begin: () => Promise.reject(full)}});
    expect(await end).toBe(full);
    expect(sent).toBe(0);
  });

  it('goes on when one rollout fails', async () => {
    const agent: Agent = ({id}) => (id.taskIndex === 1 ? Promise.reject(failure()) : Promise.resolve(answer));
    const {clock, written, end} = startScene({agent});
    await clock.advance(0);
    expect(await end).toEqual({kind: 'complete'});
    expect(written.map(({status}) => status).sort()).toEqual([
      'completed',
      'completed',
      'completed',
      'completed',
      'failed',
    ]);
  });

  it('keeps the answer but gives no reward when the judge fails', async () => {
    const judge: Judge = () => Promise.reject(failure({code: 'ERR_JUDGE_CALL', fault: 'judge'}));
    const {clock, written, end} = startScene({rows: 1, judge});
    await clock.advance(200);
    await end;
    expect(written).toMatchObject([{status: 'failed', response: answer.response, error: {fault: 'judge'}}]);
    expect(written[0]).not.toHaveProperty('verification');
  });

  it('ends with the reason when no call to the deployment can succeed, and records nothing for it', async () => {
    const error = failure({code: 'ERR_MODEL_AUTH', effect: 'run'});
    const {clock, written, end} = startScene({rows: 50, agent: () => Promise.reject(error)});
    await clock.advance(0);
    expect(await end).toEqual({kind: 'refused', error});
    expect(written).toEqual([]);
  });

  it('takes ten refused settings and no answer for a refusal of the run', async () => {
    const error = failure({code: 'ERR_MODEL_PARAMETER', effect: 'settings'});
    const {clock, written, end} = startScene({rows: 50, agent: () => Promise.reject(error)});
    await clock.advance(0);
    expect(await end).toEqual({kind: 'refused', error});
    expect(written).toEqual([]);
  });

  it('takes refused settings for bad rows when an earlier run got answers', async () => {
    const refused = failure({code: 'ERR_MODEL_PARAMETER', effect: 'settings'});
    const agent: Agent = () => Promise.reject(refused);
    const {clock, written, end} = startScene({rows: 12, answeredBefore: true, agent});
    await clock.advance(0);
    expect(await end).toEqual({kind: 'complete'});
    expect(written).toHaveLength(12);
  });

  it('takes refused settings for bad rows once another row is answered', async () => {
    const refused = failure({code: 'ERR_MODEL_PARAMETER', effect: 'settings'});
    const agent: Agent = ({id}) => (id.taskIndex < 2 ? Promise.reject(refused) : Promise.resolve(answer));
    const {clock, written, end} = startScene({agent});
    await clock.advance(0);
    expect(await end).toEqual({kind: 'complete'});
    expect(written.filter(({status}) => status === 'failed')).toHaveLength(2);
    expect(written).toHaveLength(5);
  });

  it('starts nothing more when drained and keeps what was running', async () => {
    const {clock, drain, written, end} = startScene({rows: 20, concurrency: 2});
    await clock.advance(150);
    drain.cancel();
    await clock.advance(1000);
    expect(await end).toEqual({kind: 'drained'});
    expect(written).toHaveLength(4);
  });

  it('ends at once when aborted and records nothing for what was cut off', async () => {
    const hanging: Agent = (_, {cancellation}) =>
      new Promise((_resolve, reject) => cancellation.onCancel(reject));
    const {clock, abort, written, end} = startScene({agent: hanging});
    await clock.advance(100);
    abort.cancel(new CancelledError('second signal'));
    await clock.advance(0);
    expect(await end).toEqual({kind: 'aborted'});
    expect(written).toEqual([]);
    expect([clock.pendingTimers, abort.listenerCount]).toEqual([0, 0]);
  });

  it('fails a rollout that takes longer than it may, and only that one', async () => {
    const agent: Agent = ({id}, {cancellation}) =>
      id.taskIndex === 0
        ? new Promise((_resolve, reject) => cancellation.onCancel(reject))
        : Promise.resolve(answer);
    const {clock, written, end} = startScene({agent});
    await clock.advance(60_000);
    expect(await end).toEqual({kind: 'complete'});
    expect(written.filter(({status}) => status === 'failed')).toMatchObject([
      {error: {code: 'ERR_ROLLOUT_TIMEOUT'}},
    ]);
  });

  it('stops and throws when an outcome cannot be written', async () => {
    const full = new Error('disk full');
    const {clock, end} = startScene({rows: 50, write: () => Promise.reject(full)});
    await clock.advance(10_000);
    expect(await end).toBe(full);
  });
});
