import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {ask, framesOf, openSimulator, until} from '../open-simulator.ts';

const withFault = (fault: JsonObject, more: JsonObject = {}) =>
  openSimulator({faults: [fault], answers: [{text: 'x'.repeat(80)}], ...more});

describe('a fault', () => {
  it('of status carries the body, headers and waits that it was given', async () => {
    await using simulator = await withFault({
      kind: 'status',
      code: 429,
      retry_after_ms: 1_500,
      headers: {'x-extra': 7},
      body: {error: {code: 'own'}},
    });
    const answered = await simulator.chat(ask('x'));
    expect(answered.status).toBe(429);
    expect(answered.headers).toMatchObject({'retry-after': '2', 'retry-after-ms': '1500', 'x-extra': '7'});
    expect(answered.json).toEqual({error: {code: 'own'}});
  });

  it.each([
    [500, {error: {type: 'server_error'}}],
    [429, {error: {code: 'NoCapacity'}}],
    [502, {statusCode: 502}],
  ])("of status %i has the service's own body otherwise", async (code, body) => {
    await using simulator = await withFault({kind: 'status', code});
    const answered = await simulator.chat(ask('x'));
    expect([answered.status, answered.json]).toEqual([code, expect.objectContaining({})]);
    expect(answered.json).toMatchObject(body);
  });

  it('of HTML is a page', async () => {
    await using simulator = await withFault({kind: 'html'});
    const answered = await simulator.chat(ask('x'));
    expect([answered.status, answered.headers['content-type']]).toEqual([502, 'text/html']);
    expect(answered.text).toContain('<html>');
  });

  it('of an empty body is a 200 with nothing', async () => {
    await using simulator = await withFault({kind: 'empty_body'});
    const answered = await simulator.chat(ask('x'));
    expect([answered.status, answered.text]).toEqual([200, '']);
  });

  it('of malformed JSON does not parse, whole or streamed', async () => {
    await using simulator = await withFault({kind: 'malformed_json'});
    const whole = await simulator.chat(ask('x'));
    expect([whole.status, whole.json]).toEqual([200, undefined]);
    const {text} = await simulator.chat(ask('x', {stream: true}));
    expect(() => framesOf(text)).toThrow(SyntaxError);
  });

  it('of reset drops the connection', async () => {
    await using simulator = await withFault({kind: 'reset'});
    await expect(simulator.chat(ask('x'))).rejects.toThrow(/ECONNRESET|other side closed/);
    expect(simulator.ledger.summary()).toMatchObject({by_status: {none: 1}, by_fault: {reset: 1}});
  });

  it('of truncation cuts the body short of its length', async () => {
    await using simulator = await withFault({kind: 'truncate', at: 0.5});
    await expect(simulator.chat(ask('x'))).rejects.toThrow();
    await expect(simulator.chat(ask('x', {stream: true}))).rejects.toThrow();
  });

  it('of clean truncation ends the body early', async () => {
    await using simulator = await withFault({kind: 'truncate', at: 0.5, clean: true});
    const whole = await simulator.chat(ask('x'));
    expect([whole.status, whole.json]).toEqual([200, undefined]);
    const frames = framesOf((await simulator.chat(ask('x', {stream: true}))).text);
    expect(frames.length).toBeGreaterThan(1);
    expect(frames).not.toContain('[DONE]');
  });

  it('of hanging never answers', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator({faults: [{kind: 'hang'}]}, {clock});
    const answer = simulator.chat(ask('x')).then(
      () => 'answered',
      () => 'closed',
    );
    await until(() => simulator.ledger.summary().in_flight === 1);
    await clock.advance(3_600_000);
    expect(simulator.ledger.entries()[0]).toMatchObject({fault: 'hang', status: null, ended: null});
    await simulator.close();
    expect(await answer).toBe('closed');
  });

  it('of slowness multiplies the latency', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator(
      {latency: {ttft_ms: 100}, faults: [{kind: 'slow', factor: 5}]},
      {clock},
    );
    const answer = simulator.chat(ask('x'));
    await until(() => clock.pendingTimers > 0);
    await clock.advance(499);
    expect(simulator.ledger.summary().in_flight).toBe(1);
    await clock.advance(1);
    expect((await answer).status).toBe(200);
  });
});

describe('a fault rule', () => {
  const statusOf = async (fault: JsonObject, texts: readonly string[]): Promise<number[]> => {
    await using simulator = await withFault({kind: 'status', ...fault});
    const statuses: number[] = [];
    for (const text of texts) statuses.push((await simulator.chat(ask(text))).status);
    return statuses;
  };

  it.each<[string, JsonObject, number[]]>([
    ['always', {}, [500, 500, 500, 500]],
    ['at the second', {nth: 2}, [200, 500, 200, 200]],
    ['at the first and third', {nth: [1, 3]}, [500, 200, 500, 200]],
    ['at every second', {every: 2}, [200, 500, 200, 500]],
    ['at the first two', {first: 2}, [500, 500, 200, 200]],
    ['at the first try of each', {first: 1, count: 'attempts'}, [500, 500, 200, 200]],
    ['where the text matches', {match: {text: '^b'}}, [200, 500, 200, 500]],
    ['where another deployment is meant', {match: {deployment: '^judge$'}}, [200, 200, 200, 200]],
    ['where the path matches', {match: {path: 'chat/completions$'}}, [500, 500, 500, 500]],
  ])('strikes %s', async (_, fault, statuses) => {
    expect(await statusOf(fault, ['a', 'b', 'a', 'b'])).toEqual(statuses);
  });

  it('of a probability strikes the same requests in any order, and a retry may succeed', async () => {
    const texts = Array.from({length: 60}, (_, index) => `question ${index}`);
    const forward = await statusOf({probability: 0.5}, texts);
    const backward = (await statusOf({probability: 0.5}, [...texts].reverse())).reverse();
    expect(backward).toEqual(forward);
    const struck = forward.filter((status) => status === 500).length;
    expect(struck).toBeGreaterThan(15);
    expect(struck).toBeLessThan(45);
    const again = await statusOf(
      {probability: 0.5},
      Array.from({length: 20}, () => 'the same'),
    );
    expect(new Set(again)).toEqual(new Set([200, 500]));
  });
});
