import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {resolve} from 'node:path';
import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {RollcallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {parseSimulatorSettings} from '../../src/simulator/settings/parse-simulator-settings.ts';
import {startSimulator} from '../../src/simulator/simulator.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {ask, containing, openSimulator, type ReplyJson, until} from './open-simulator.ts';

const questions = Array.from({length: 40}, (_, index) => `What is ${index + 10} plus one?`);
const keyRows = questions
  .map((question, index) => JSON.stringify({question, expected_answer: String(index + 11)}))
  .join('\n');

describe('the simulator', () => {
  it('gives the same bytes to the same request, in any order and at any concurrency', async () => {
    const settings = {seed: 7, deployments: {'gpt-4o': {rpm: 1e6, tpm: 1e9}}};
    const bodies = [
      ...questions.map((question) => ask(question, {temperature: 0.7, seed: 3})),
      ask('streamed', {stream: true, n: 2}),
      ask('alternatives', {n: 4, logprobs: true}),
    ];
    const inOrder: string[] = [];
    {
      await using simulator = await openSimulator(settings);
      for (const body of bodies) inOrder.push((await simulator.chat(body)).text);
    }
    await using simulator = await openSimulator(settings);
    const atOnce = await Promise.all(
      [...bodies].reverse().map(async (body) => (await simulator.chat(body)).text),
    );
    expect(atOnce.reverse()).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(bodies.length);
  });

  it('gives other answers under another seed', async () => {
    const textFor = async (seed: number): Promise<string> => {
      await using simulator = await openSimulator({seed});
      return (await simulator.chat(ask('x'))).json.choices[0].message.content;
    };
    expect(await textFor(1)).not.toBe(await textFor(2));
  });

  it('does not mind the order of keys, nor how the reply travels', async () => {
    await using simulator = await openSimulator();
    const one = await simulator.chat({messages: [{role: 'user', content: 'x'}], temperature: 1});
    const two = await simulator.chat({
      temperature: 1,
      messages: [{content: 'x', role: 'user'}],
      user: 'someone',
    });
    expect(two.text).toBe(one.text);
  });

  it('answers after the first token and the others have had their time', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator(
      {latency: {ttft_ms: 100, per_token_ms: 10}, answers: [{text: 'abcdefgh'}]},
      {clock},
    );
    const answer = simulator.chat(ask('x'));
    await until(() => clock.pendingTimers > 0);
    await clock.advance(119);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect((await answer).status).toBe(200);
  });

  it('streams each token when it is due', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator(
      {latency: {ttft_ms: 100, per_token_ms: 10}, answers: [{text: 'abcdefgh'}]},
      {clock},
    );
    const url = `${simulator.url}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21`;
    const answer = request(url, {
      method: 'POST',
      headers: {'api-key': 'k'},
      body: JSON.stringify(ask('x', {stream: true})),
    });
    await until(() => clock.pendingTimers > 0);
    await clock.advance(100);
    const {body} = await answer;
    let text = '';
    body.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text.includes('assistant'));
    expect(text).not.toContain('abcd');
    await clock.advance(10);
    await until(() => text.includes('abcd'));
    expect(text).not.toContain('efgh');
    await clock.advance(10);
    await until(() => text.includes('[DONE]'));
  });

  it('draws the first token from its lognormal, the same for the same request', async () => {
    const firstTokenMs = async (content: string): Promise<number> => {
      const clock = createFakeClock();
      await using simulator = await openSimulator({latency: {ttft_ms: {median: 200, sigma: 0.5}}}, {clock});
      const answer = simulator.chat(ask(content));
      await until(() => clock.pendingTimers > 0);
      while (clock.pendingTimers > 0) await clock.advance(1);
      await answer;
      return clock.monotonic();
    };
    const drawn = await Promise.all(questions.map(firstTokenMs));
    const sorted = [...drawn].sort((a, b) => a - b);
    expect(sorted[20]).toBeGreaterThan(140);
    expect(sorted[20]).toBeLessThan(280);
    expect(sorted[0]).toBeLessThan(150);
    expect(await firstTokenMs(questions[0] ?? '')).toBe(drawn[0]);
  });

  it('stops its timers when the client hangs up', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator({latency: {ttft_ms: 1_000}}, {clock});
    const controller = new AbortController();
    const answer = request(
      `${simulator.url}/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21`,
      {
        method: 'POST',
        headers: {'api-key': 'k'},
        body: JSON.stringify(ask('x')),
        signal: controller.signal,
      },
    );
    await until(() => clock.pendingTimers > 0);
    controller.abort();
    await expect(answer).rejects.toThrow();
    await until(() => clock.pendingTimers === 0);
    expect(simulator.ledger.entries()[0]).toMatchObject({ended: 'cut', status: 200});
  });

  it('knows that exchanges are over when a client hangs up that sent several at once', async () => {
    await using simulator = await openSimulator({latency: {ttft_ms: 1_000}});
    const body = JSON.stringify(ask('x'));
    const path = '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21';
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\napi-key: k\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(simulator.port, '127.0.0.1');
    socket.write((head + body).repeat(3));
    await until(() => simulator.ledger.summary().in_flight === 3);
    socket.destroy();
    await until(() => simulator.ledger.summary().in_flight === 0);
    expect(simulator.ledger.entries().map(({ended}) => ended)).toEqual(['cut', 'cut', 'cut']);
  });

  it('answers an answer key with the stated accuracy, and judges what it said', async () => {
    const settings = {
      seed: 5,
      deployments: {
        'gpt-4o': {
          answers: [
            {answer_key: {path: 'key.jsonl', accuracy: 0.7, right: 'The answer is \\boxed{$answer}.'}},
          ],
        },
        judge: {
          answers: [
            {
              compare: {
                expected: '<a>(.*?)</a>',
                generated: '<b>(.*)</b>',
                equal: '[[A=B]]',
                not_equal: '[[A!=B]]',
              },
            },
          ],
        },
      },
    };
    await using simulator = await openSimulator(settings, {files: {'/data/key.jsonl': keyRows}});
    let right = 0;
    for (const [index, question] of questions.entries()) {
      const {choices} = (await simulator.chat(ask(question))).json;
      const text: string = choices[0].message.content;
      const isRight = text === `The answer is \\boxed{${index + 11}}.`;
      const verdict = await simulator.chat(ask(`<a>${index + 11}</a><b>${text}</b>`), {deployment: 'judge'});
      expect(verdict.json.choices[0].message.content).toBe(isRight ? '[[A=B]]' : '[[A!=B]]');
      if (isRight) right++;
    }
    expect(right).toBeGreaterThan(20);
    expect(right).toBeLessThan(37);
  });

  it('varies its verdict over samples above temperature 0 only', async () => {
    await using simulator = await openSimulator(
      {answers: [{answer_key: {path: 'key.jsonl', accuracy: 0.5}}]},
      {files: {'/data/key.jsonl': keyRows}},
    );
    const textsAt = async (temperature: number): Promise<Set<string>> => {
      const texts = await Promise.all(
        Array.from({length: 12}, async (_, seed) => {
          const {json} = await simulator.chat(ask(questions[0] ?? '', {temperature, seed}));
          return json.choices[0].message.content;
        }),
      );
      return new Set(texts);
    };
    expect((await textsAt(0)).size).toBe(1);
    expect((await textsAt(1)).size).toBeGreaterThan(1);
  });

  it.each([
    ['is not there', {}, 'no such file'],
    ['has no row of use', {'/data/key.jsonl': '{"question":"x"}'}, 'no row has both'],
  ])('does not start when an answer key %s', async (_, files, reason) => {
    const opening = openSimulator({answers: [{answer_key: {path: 'key.jsonl'}}]}, {files});
    await expect(opening).rejects.toThrow(RollcallError);
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: containing(reason),
    });
  });

  it('refuses a body beyond what the gateway takes', async () => {
    await using simulator = await openSimulator();
    const answered = await simulator.chat(ask('x'.repeat(26_214_400)));
    expect(answered.status).toBe(413);
  });

  it('starts anew on reset: full quota, empty ledger', async () => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {rpm: 6}}});
    await simulator.chat(ask('x'));
    expect((await simulator.chat(ask('x'))).status).toBe(429);
    simulator.reset();
    expect(simulator.ledger.summary().requests).toBe(0);
    expect((await simulator.chat(ask('x'))).status).toBe(200);
  });

  it('echoes the client request id and gives each exchange its own', async () => {
    await using simulator = await openSimulator();
    const one = await simulator.chat(ask('x'), {headers: {'x-ms-client-request-id': 'mine'}});
    const two = await simulator.chat(ask('x'));
    expect(one.headers['x-ms-client-request-id']).toBe('mine');
    expect(one.headers['apim-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(one.headers['apim-request-id']).not.toBe(two.headers['apim-request-id']);
  });

  it('runs from the annotated example as it stands', async () => {
    const example = parse(readFileSync('configs/simulator.yaml', 'utf8')) as JsonObject;
    const settings = parseSimulatorSettings({...example, latency: {}}, {sourceDir: resolve('configs')});
    await using simulator = await startSimulator(settings, {
      clock: createFakeClock(),
      host: '127.0.0.1',
      port: 0,
    });
    const answerOf = async (deployment: string, content: string): Promise<string> => {
      const {body} = await request(
        `${simulator.url}/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`,
        {method: 'POST', headers: {'api-key': 'simulated-key-1'}, body: JSON.stringify(ask(content))},
      );
      return ((await body.json()) as ReplyJson).choices[0].message.content;
    };
    expect(await answerOf('gpt-4o', 'hello there')).toMatch(/^(Hello|Good day)\.$/);
    const rows = readFileSync('data/example.jsonl', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as KeyRow);
    const answers = await Promise.all(
      rows.map(async ({question, expected_answer: expected}) => {
        const answer = await answerOf('gpt-4o', question).catch(() => '');
        const tags = `<answer_a>\n${expected}\n</answer_a>\n<answer_b>\n${answer}\n</answer_b>`;
        return (await answerOf('judge', tags)).includes('[[A=B]]');
      }),
    );
    const right = answers.filter(Boolean).length / rows.length;
    expect(right).toBeGreaterThan(0.5);
    expect(right).toBeLessThan(0.95);
  });
});

interface KeyRow {
  readonly question: string;
  readonly expected_answer: string;
}
