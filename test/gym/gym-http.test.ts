import {describe, expect, it} from 'vitest';
import {CancelledError} from '../../src/core/errors.ts';
import {createGymHttp, type GymRequest} from '../../src/gym/gym-http.ts';
import {parseServerAddress} from '../../src/gym/server-address.ts';
import {openScriptedServer} from '../azure/scripted-server.ts';
import {closedPort, type GymDoors, json, openDoors, openGymServer} from './gym-server.ts';

function post(url: string, {cancellation}: GymDoors, about: Partial<GymRequest> = {}): GymRequest {
  return {
    address: parseServerAddress(url),
    method: 'POST',
    path: '/run',
    fault: 'agent',
    cancellation,
    ...about,
  };
}

describe('createGymHttp', () => {
  it('sends a text as it is written, with the token, and gives back whatever comes', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{"a":1.0}', 422));
    const reply = await doors.http.request(
      post(server.url, doors, {body: '{"n":12345678901234567890}', token: 'tok'}),
    );
    expect(reply).toMatchObject({status: 422, text: '{"a":1.0}'});
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/run',
      text: '{"n":12345678901234567890}',
      headers: {authorization: 'Bearer tok', 'content-type': 'application/json'},
    });
  });

  it('writes large integers of an object as they are', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{}'));
    await doors.http.request(post(server.url, doors, {body: {n: 12345678901234567890n}}));
    expect(server.requests[0]?.text).toBe('{"n":12345678901234567890}');
  });

  it('keeps the path of the base URL, and its query', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{}'));
    await doors.http.request(post(`${server.url}/base/?key=1`, doors));
    expect(server.requests[0]?.path).toBe('/base/run?key=1');
  });

  it('says of a closed port that nothing was sent', async () => {
    await using doors = openDoors();
    const port = await closedPort();
    await expect(doors.http.request(post(`http://127.0.0.1:${String(port)}`, doors))).rejects.toMatchObject({
      code: 'ERR_AGENT_REQUEST',
      unreachable: true,
      effect: 'retry',
      message: expect.stringContaining('nothing listens there') as string,
    });
  });

  it('says of TLS with a server that has none that nothing was sent, and that no other call can do better', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{}'));
    const url = server.url.replace('http:', 'https:');
    await expect(doors.http.request(post(url, doors, {fault: 'judge'}))).rejects.toMatchObject({
      code: 'ERR_JUDGE_CALL',
      fault: 'judge',
      unreachable: true,
      effect: 'run',
    });
  });

  it.each([
    ['before a reply came', () => undefined],
    ['broke off', (response: {write: (text: string) => void}) => response.write('{"half')],
  ])('does not send again what was cut off: %s', async (said, begin) => {
    await using doors = openDoors();
    await using server = await openGymServer((_, response) => {
      response.writeHead(200, {'content-length': '1000'});
      begin(response);
      setImmediate(() => setImmediate(() => response.destroy()));
    });
    const failure = await doors.http.request(post(server.url, doors)).catch((error: unknown) => error);
    expect(failure).toMatchObject({code: 'ERR_AGENT_REQUEST', unreachable: false, effect: 'retry'});
    expect(String(failure)).toContain(said);
    expect(server.requests).toHaveLength(1);
  });

  it('names an answer that is not HTTP', async () => {
    await using doors = openDoors();
    await using server = await openScriptedServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    await expect(doors.http.request(post(server.origin, doors))).rejects.toMatchObject({
      message: expect.stringContaining('not HTTP') as string,
      hint: expect.stringContaining('port') as string,
    });
  });

  it.each([
    ['began no reply', {firstByteMs: 5_000}],
    ['gave no whole reply', {callMs: 5_000}],
  ])('gives up on a server that hangs: %s', async (said, limits) => {
    await using doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const failed = expect(doors.http.request(post(server.url, doors, {limits}))).rejects.toMatchObject({
      code: 'ERR_AGENT_REQUEST',
      message: `${server.url} ${said} within 5 s`,
    });
    await server.received(1);
    await doors.clock.advance(5_000);
    await failed;
    await server.closed(1);
  });

  it('waits as long as it takes unless told otherwise', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const pending = doors.http.request(post(server.url, doors));
    await server.received(1);
    expect(doors.clock.pendingTimers).toBe(0);
    doors.cancellation.cancel();
    await expect(pending).rejects.toBeInstanceOf(CancelledError);
  });

  it('breaks off at once when cancelled, and leaves no listener', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const pending = doors.http.request(post(server.url, doors, {limits: {callMs: 9_000}}));
    await server.received(1);
    const reason = new CancelledError('enough');
    doors.cancellation.cancel(reason);
    await expect(pending).rejects.toBe(reason);
    await server.closed(1);
    expect([doors.cancellation.listenerCount, doors.clock.pendingTimers]).toEqual([0, 0]);
    await expect(doors.http.request(post(server.url, doors))).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('leaves no listener and no timer behind when all goes well', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{}'));
    await doors.http.request(post(server.url, doors, {limits: {callMs: 9_000, firstByteMs: 9_000}}));
    expect([doors.cancellation.listenerCount, doors.clock.pendingTimers]).toEqual([0, 0]);
  });

  it.each([
    ['that says so', {'content-length': '101'}],
    ['that does not say so', {}],
  ])('refuses a reply that is too large, one %s', async (_, headers) => {
    await using doors = openDoors({maxBodyBytes: 100});
    await using server = await openGymServer(json('x'.repeat(101), 200, headers));
    await expect(doors.http.request(post(server.url, doors))).rejects.toMatchObject({
      code: 'ERR_AGENT_RUN',
      effect: 'rollout',
      message: expect.stringContaining('larger than 100 bytes') as string,
    });
  });

  it('tells of a token that no header can hold without showing it', async () => {
    await using doors = openDoors();
    const failure = await doors.http
      .request(post('http://127.0.0.1:9', doors, {token: 'ab\ncd'}))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({effect: 'run', unreachable: false});
    expect(JSON.stringify(failure) + String(failure)).not.toContain('cd');
  });

  it('opens no more connections to a server than it may', async () => {
    await using doors = openDoors();
    const waiting: (() => void)[] = [];
    await using server = await openGymServer((_, response) => {
      waiting.push(() => response.end('{}'));
    });
    const http = createGymHttp({clock: doors.clock, redact: (text) => text, connections: 2});
    const replies = [1, 2, 3].map(() => http.request(post(server.url, doors)));
    await server.received(2);
    waiting.shift()?.();
    await replies[0];
    await server.received(3);
    for (const release of waiting) release();
    expect((await Promise.all(replies)).map(({status}) => status)).toEqual([200, 200, 200]);
    await http.close();
  });

  it('cuts off what runs when it is closed', async () => {
    const doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const pending = expect(doors.http.request(post(server.url, doors))).rejects.toBeInstanceOf(
      CancelledError,
    );
    await server.received(1);
    await doors.http.close();
    await pending;
  });
});

describe('parseServerAddress', () => {
  it.each(['', 'localhost:8000', 'ftp://h/', '/run', 'http://', 'http://user:pw@h/'])('refuses %j', (url) => {
    expect(() => parseServerAddress(url)).toThrow(expect.objectContaining({code: 'ERR_CONFIG'}) as Error);
  });
});
