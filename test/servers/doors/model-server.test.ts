import type {Socket} from 'node:net';
import OpenAI from 'openai';
import {describe, expect, it} from 'vitest';
import {systemClock} from '../../../src/runtime/clock.ts';
import {modelRoutes} from '../../../src/servers/doors/model-routes.ts';
import {chatFrames, openWire, streamReply, type WireSetting} from '../../azure/open-wire.ts';
import {chunkedHead, httpChunk, reply} from '../../azure/scripted-server.ts';
import {until} from '../../simulator/open-simulator.ts';
import {openTestService} from '../open-test-service.ts';
import {openRaw} from '../raw-client.ts';

const frame = `data: ${JSON.stringify(chatFrames[0])}\n\n`;
const body = JSON.stringify({stream: true, messages: [{role: 'user', content: '2+2?'}]});
const post = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** A model server before a deployment that does what `script` says, all of it over sockets. */
async function open(script: string | ((socket: Socket) => void), setting?: WireSetting) {
  const wire = await openWire(script, setting);
  const routes = modelRoutes({name: 'policy_model', deployment: 'dep', model: wire.model, created: 1});
  const service = await openTestService(routes);
  return {
    wire,
    service,
    async [Symbol.asyncDispose]() {
      await service.close();
      await wire[Symbol.asyncDispose]();
    },
  };
}

describe('a model server before a deployment', () => {
  // A machine that stands still for a moment gets another try.
  it('ends the call upstream within 100 ms of its client’s leaving', {retry: 2}, async () => {
    await using at = await open((socket) => socket.write(chunkedHead + httpChunk(frame)));
    await using client = await openRaw(at.service);
    client.socket.write(post);
    await client.until(/"content":"4"/);
    const leftAt = systemClock.monotonic();
    client.socket.destroy();
    await at.wire.closed(1);
    expect(systemClock.monotonic() - leftAt).toBeLessThan(100);
    await until(() => at.service.inFlight() === 0);
    expect(JSON.parse(at.service.lines[0] ?? '')).toMatchObject({
      'http.response.status_code': 499,
      deployment: 'dep',
      time_to_first_token_ms: expect.any(Number) as number,
    });
  });

  it('ends a call that has no reply yet, too', async () => {
    await using at = await open(() => undefined);
    await using client = await openRaw(at.service);
    client.socket.write(post);
    await at.wire.received(1);
    client.socket.destroy();
    await at.wire.closed(1);
  });

  it('holds the deployment back for a client that does not read', async () => {
    const chunk = httpChunk(`: ${'x'.repeat(65_536)}\n\n${frame}`);
    const buffersBefore = process.memoryUsage().arrayBuffers;
    let sent = 0;
    const flood = (socket: Socket): void => {
      while (socket.writable && socket.write(chunk)) sent += chunk.length;
      sent += chunk.length;
      socket.once('drain', () => flood(socket));
    };
    await using at = await open((socket) => {
      socket.write(chunkedHead);
      flood(socket);
    });
    await using client = await openRaw(at.service);
    client.socket.pause();
    client.socket.write(post);
    await until(() => sent > 0);
    let before = -1;
    while (before !== sent) {
      before = sent;
      for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    // The kernel holds tens of megabytes between the three, this process next to nothing.
    expect(process.memoryUsage().arrayBuffers - buffersBefore).toBeLessThan(16_000_000);
    client.socket.destroy();
    await at.wire.closed(1);
  });

  it('passes a stream to the official client, and a failure as its error', async () => {
    await using at = await open(streamReply(chatFrames));
    const client = new OpenAI({baseURL: `${at.service.url}/v1`, apiKey: 'any', maxRetries: 0});
    const stream = client.chat.completions.stream({
      model: 'any',
      messages: [{role: 'user', content: '2+2?'}],
    });
    expect(await stream.finalContent()).toBe('4');
    const problem = {error: {message: 'slow down', type: 'requests', code: '429', param: null}};
    await using full = await open(reply(429, problem, {'retry-after': '7'}));
    const failing = new OpenAI({baseURL: `${full.service.url}/v1`, apiKey: 'any', maxRetries: 0});
    const failed: unknown = await failing.chat.completions
      .create({model: 'any', messages: [{role: 'user', content: '2+2?'}]})
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OpenAI.RateLimitError);
    expect(failed).toMatchObject({status: 429, error: problem.error});
    expect((failed as InstanceType<typeof OpenAI.RateLimitError>).headers.get('retry-after')).toBe('7');
  });
});
