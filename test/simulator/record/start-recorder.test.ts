import {once} from 'node:events';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import {request as httpRequest, type IncomingMessage, type ServerResponse} from 'node:http';
import {type AddressInfo, createServer} from 'node:net';
import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import type {Logger} from '../../../src/core/ports.ts';
import {openServer, type RunningServer} from '../../../src/runtime/http-server.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {createTempFolder, type TempFolder} from '../../helpers/temp-folder.ts';
import {containing, until} from '../open-simulator.ts';
import {type RawReply, rawExchange} from '../raw-exchange.ts';
import {expectNoSecret, filesIn, openRecorder, openReplayer} from './open-recorder.ts';

const key = 'canary-key-0123456789';
const target = '/openai/v1/responses';
const withKey = {headers: {'api-key': key}};

/** A real resource on a free port: `serve` is called when the body has arrived. */
async function openResource(
  serve: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<RunningServer> {
  return openServer(
    (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => serve(request, response, body));
    },
    {host: '127.0.0.1', port: 0},
  );
}

const textOf = (reply: RawReply | 'reset'): string => (reply === 'reset' ? reply : reply.chunks.join(''));

function recordsOf({
  path,
}: TempFolder): readonly {request: Record<string, unknown>; response: Record<string, unknown>}[] {
  return Object.entries(filesIn(path)).flatMap(([name, text]) =>
    name.endsWith('.json') ? [JSON.parse(text) as ReturnType<typeof recordsOf>[number]] : [],
  );
}

function captureLog(): {readonly logger: Logger; readonly lines: readonly string[]} {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (message: string): void => {
      if (level !== 'debug') lines.push(`${level}: ${message}`);
    };
  return {lines, logger: {debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error')}};
}

describe('a recorder', () => {
  it('passes on method, path, query, headers and body as they came', async () => {
    await using folder = await createTempFolder();
    const seen: unknown[] = [];
    await using resource = await openResource(({method, url, headers}, response, body) => {
      seen.push({method, url, headers, body});
      response.end('{}');
    });
    await using recorder = await openRecorder(`${resource.url}/team`, {folder: folder.path});
    await rawExchange(recorder.url, {
      method: 'PATCH',
      target: '/a%20b/c?x=1&y=%2F',
      headers: {'api-key': key, 'x-ms-client-request-id': 'mine', 'accept-encoding': 'gzip, br'},
      body: Buffer.from([0x7b, 0xff, 0x7d]),
    });
    expect(seen).toEqual([
      {
        method: 'PATCH',
        url: '/team/a%20b/c?x=1&y=%2F',
        headers: {
          'api-key': key,
          'x-ms-client-request-id': 'mine',
          'accept-encoding': 'identity',
          'content-length': '3',
          connection: 'keep-alive',
          host: new URL(resource.url).host,
        },
        body: '{\u00ff}',
      },
    ]);
  });

  it('passes a stream on piece by piece, and notes when each came', async () => {
    await using folder = await createTempFolder();
    const clock = createFakeClock();
    let open: ServerResponse | undefined;
    await using resource = await openResource((_, response) => {
      open = response;
      response.writeHead(200, {'content-type': 'text/event-stream'}).flushHeaders();
    });
    {
      await using recorder = await openRecorder(resource.url, {folder: folder.path, clock});
      const sent = httpRequest(recorder.url + target, {
        method: 'POST',
        agent: false,
        headers: {'api-key': key},
      }).end();
      const [reply] = (await once(sent, 'response')) as [IncomingMessage];
      const pieces: string[] = [];
      reply.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
      const push = async (text: string): Promise<void> => {
        await clock.advance(100);
        open?.write(text);
        await until(() => pieces.at(-1) === text);
      };
      await push('data: 1\n\n');
      expect(pieces).toEqual(['data: 1\n\n']);
      await push('data: ü\n\n');
      await clock.advance(50);
      open?.end();
      await once(reply, 'end');
    }
    expect(recordsOf(folder)).toMatchObject([
      {
        response: {
          headers_ms: 0,
          stream: [
            {ms: 100, text: 'data: 1\n\n'},
            {ms: 200, text: 'data: ü\n\n'},
          ],
          ending: 'end',
        },
      },
    ]);
    await using replayer = await openReplayer({folder: folder.path, latency: 'recorded', clock});
    const sent = httpRequest(replayer.url + target, {method: 'POST', agent: false}).end();
    const [again] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    again.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => clock.pendingTimers === 1);
    await clock.advance(99);
    expect(text).toBe('');
    await clock.advance(1);
    await until(() => text === 'data: 1\n\n');
    await clock.advance(100);
    await once(again, 'end');
    expect(text).toBe('data: 1\n\ndata: ü\n\n');
  });

  it('breaks off its request when the client leaves, and keeps nothing of it', async () => {
    await using folder = await createTempFolder();
    const {logger, lines} = captureLog();
    let left = false;
    await using resource = await openResource((_, response) => {
      response.on('close', () => (left = true));
      response.write('data: 1\n\n');
    });
    {
      await using recorder = await openRecorder(resource.url, {folder: folder.path, logger});
      const sent = httpRequest(recorder.url + target, {method: 'POST', agent: false}).end();
      sent.on('error', () => undefined);
      await once(sent, 'response');
      sent.destroy();
      await until(() => left);
      await until(() => recorder.ledger.entries()[0]?.ended === 'cut');
    }
    expect(filesIn(folder.path)).toEqual({});
    expect(lines).toEqual([`warn: POST ${target} is not recorded: the client did not wait for the end`]);
  });

  it('reads no faster than its client', async () => {
    await using folder = await createTempFolder();
    const piece = Buffer.alloc(65_536, 'x');
    let written = 0;
    const most = 800;
    await using resource = await openResource((_, response) => {
      const fill = (): void => {
        while (written < most) {
          written++;
          if (!response.write(piece)) {
            response.once('drain', fill);
            return;
          }
        }
        response.end();
      };
      fill();
    });
    await using recorder = await openRecorder(resource.url, {folder: folder.path});
    const sent = httpRequest(recorder.url + target, {method: 'POST', agent: false}).end();
    const [reply] = (await once(sent, 'response')) as [IncomingMessage];
    let before = -1;
    // Nobody reads: what the sockets on the way can hold is all that leaves the resource.
    for (let still = 0; still < 200; still = written === before ? still + 1 : 0) {
      before = written;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeLessThan(most / 2);
    let bytes = 0;
    reply.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await once(reply, 'end');
    expect(bytes).toBe(most * piece.length);
  });

  it('goes on with the connection that it has', async () => {
    await using folder = await createTempFolder();
    const ports = new Set<number | undefined>();
    await using resource = await openResource(({socket}, response) => {
      ports.add(socket.remotePort);
      response.end('{}');
    });
    await using recorder = await openRecorder(resource.url, {folder: folder.path});
    for (let count = 0; count < 5; count++) await rawExchange(recorder.url, {target});
    expect(ports.size).toBe(1);
  });

  it('hands on a redirect, and the cookies, without following or keeping them', async () => {
    await using folder = await createTempFolder();
    let asked = 0;
    const signed = 'https://elsewhere.example/x?sig=canary-signature-1&se=2026';
    await using resource = await openResource((_, response) => {
      asked++;
      response.writeHead(307, {
        location: signed,
        'set-cookie': ['session=canary-cookie-1; Path=/', 'b=canary-cookie-2'],
      });
      response.end('{"session":"canary-cookie-1"}');
    });
    let reply: RawReply | 'reset';
    {
      await using recorder = await openRecorder(resource.url, {folder: folder.path});
      reply = await rawExchange(recorder.url, {
        target,
        headers: {cookie: 'c=canary-cookie-3'},
        body: 'canary-cookie-3',
      });
    }
    expect(asked).toBe(1);
    expect(reply).toMatchObject({status: 307, chunks: ['{"session":"canary-cookie-1"}']});
    expect((reply as RawReply).headers).toEqual(
      expect.arrayContaining(['location', signed, 'set-cookie', 'b=canary-cookie-2']),
    );
    expectNoSecret(
      folder.path,
      'canary-signature-1',
      'canary-cookie-1',
      'canary-cookie-2',
      'canary-cookie-3',
    );
    await using replayer = await openReplayer({folder: folder.path});
    const again = await rawExchange(replayer.url, {
      target,
      headers: {cookie: 'c=canary-cookie-3'},
      body: 'canary-cookie-3',
    });
    expect(again).toMatchObject({status: 307, chunks: ['{"session":"****"}']});
    expect((again as RawReply).headers).toContain('https://elsewhere.example/x?sig=****&se=2026');
  });

  it.each([
    {name: 'a key', headers: {'api-key': key}},
    {name: 'a token', headers: {authorization: `Bearer ${key}`}},
    {name: 'a key of a gateway', headers: {'Ocp-Apim-Subscription-Key': key}},
    {name: 'a cookie', headers: {cookie: `session=${key}`}},
    {name: 'a key in the query', headers: {}, query: `?subscription-key=${key}`},
  ])('keeps no secret that came as $name, wherever else it stands', async ({headers, query = ''}) => {
    await using folder = await createTempFolder();
    await using resource = await openResource((_, response, body) => {
      response.setHeader('x-echo', `you sent ${key}`);
      response.write(`${body} and ${key.slice(0, 9)}`);
      // The rest of the key comes in another piece.
      setImmediate(() => response.end(`${key.slice(9)}!`));
    });
    const asked = {
      target: `/openai/deployments/${key}/chat/completions${query}`,
      headers,
      body: `{"key":"${key}"}`,
    };
    let passed: RawReply | 'reset';
    {
      await using recorder = await openRecorder(resource.url, {folder: folder.path});
      passed = await rawExchange(recorder.url, asked);
    }
    expect(textOf(passed)).toBe(`{"key":"${key}"} and ${key}!`);
    expectNoSecret(folder.path, key);
    expect(JSON.stringify(Object.keys(filesIn(folder.path)))).not.toContain('canary');
    await using replayer = await openReplayer({folder: folder.path});
    expect(textOf(await rawExchange(replayer.url, asked))).toBe('{"key":"****"} and ****!');
  });

  it('keeps a compressed reply as it reads, and drops one that it cannot read', async () => {
    await using folder = await createTempFolder();
    const {logger, lines} = captureLog();
    await using resource = await openResource(({url = ''}, response) => {
      const body = gzipSync(JSON.stringify({key, text: 'x'.repeat(100)}));
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': url.endsWith('zstd') ? 'zstd' : 'gzip',
        'content-length': body.length,
      });
      response.end(body);
    });
    let passed: RawReply | 'reset';
    {
      await using recorder = await openRecorder(resource.url, {folder: folder.path, logger});
      passed = await rawExchange(recorder.url, {target, ...withKey});
      await rawExchange(recorder.url, {target: '/openai/zstd', ...withKey});
    }
    expect(textOf(passed).startsWith('\u001f\u008b')).toBe(true);
    expectNoSecret(folder.path, key);
    expect(recordsOf(folder)).toHaveLength(1);
    expect(lines).toEqual([containing('POST /openai/zstd is not recorded: its reply is compressed')]);
    await using replayer = await openReplayer({folder: folder.path});
    const again = (await rawExchange(replayer.url, {target})) as RawReply;
    expect(again.chunks).toEqual([JSON.stringify({key: '****', text: 'x'.repeat(100)})]);
    expect(again.headers).not.toContain('content-encoding');
  });

  it('does not send on the token that opened its own door', async () => {
    await using folder = await createTempFolder();
    const seen: unknown[] = [];
    await using resource = await openResource(({headers}, response) => {
      seen.push([headers.authorization, headers['api-key']]);
      response.end('{}');
    });
    await using recorder = await openRecorder(resource.url, {folder: folder.path, token: 'canary-door'});
    expect(await rawExchange(recorder.url, {target, ...withKey})).toMatchObject({status: 401});
    const headers = {authorization: 'Bearer canary-door', 'api-key': key};
    expect(await rawExchange(recorder.url, {target, headers})).toMatchObject({status: 200});
    expect(seen).toEqual([[undefined, key]]);
    await recorder.close();
    expectNoSecret(folder.path, 'canary-door', key);
  });

  it('says so where the resource cannot be reached, and records nothing', async () => {
    await using folder = await createTempFolder();
    const {logger} = captureLog();
    const gone = await openResource(() => undefined);
    await gone.close();
    await using recorder = await openRecorder(gone.url, {folder: folder.path, logger});
    const reply = (await rawExchange(recorder.url, {target, ...withKey})) as RawReply;
    expect(reply.status).toBe(502);
    expect(reply.headers).toContain('x-rollcall-simulated');
    expect(JSON.parse(textOf(reply))).toEqual({
      error: {code: 'UpstreamUnreachable', message: `The recorder cannot reach ${gone.url}: ECONNREFUSED`},
    });
    expect(recorder.ledger.entries()).toMatchObject([{decision: 'unreachable', status: 502, ended: 'sent'}]);
    expect(recordsOf(folder)).toEqual([]);
  });

  it.each([
    {
      name: 'a status of its own',
      head: 'HTTP/1.1 799 Out of Bounds\r\nx-name: \u00e9',
      replayed: {status: 799, statusText: 'Out of Bounds'},
    },
    {name: 'something that is not HTTP', head: 'HTTP/1.1 200 OK\r\nx-name: \u0001', replayed: 'reset'},
    {
      name: 'a length that it does not keep',
      head: 'HTTP/1.1 200 OK\r\ncontent-length: 9',
      replayed: {chunks: ['{}'], ending: 'cut'},
    },
  ])('keeps and replays what a service does wrong: $name', async ({head, replayed}) => {
    await using folder = await createTempFolder();
    const service = createServer((socket) => {
      socket.once('data', () => socket.end(Buffer.from(`${head}\r\nconnection: close\r\n\r\n{}`, 'latin1')));
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const {port} = service.address() as AddressInfo;
    let passed: RawReply | 'reset';
    {
      await using recorder = await openRecorder(`http://127.0.0.1:${port}`, {folder: folder.path});
      passed = await rawExchange(recorder.url, {target});
    }
    service.close();
    await once(service, 'close');
    await using replayer = await openReplayer({folder: folder.path});
    const again = await rawExchange(replayer.url, {target});
    if (typeof replayed === 'string') expect([passed, again]).toEqual([replayed, replayed]);
    else {
      expect(passed).toMatchObject(replayed);
      expect(again).toEqual({
        ...(passed as RawReply),
        headers: ['x-rollcall-simulated', 'true', ...(passed as RawReply).headers],
      });
    }
  });

  it('notes what passes in its ledger, and refuses what it cannot pass', async () => {
    await using folder = await createTempFolder();
    await using resource = await openResource((_, response) => {
      response.writeHead(429, {'apim-request-id': 'id-1', 'retry-after': '3'}).end('{}');
    });
    await using recorder = await openRecorder(resource.url, {folder: folder.path});
    await rawExchange(recorder.url, {
      target: '/openai/deployments/d/embeddings?api-version=2024-10-21',
      ...withKey,
    });
    await rawExchange(recorder.url, {target, body: Buffer.alloc(26_214_401)});
    await rawExchange(recorder.url, {target: 'http://elsewhere.example/openai'});
    expect(recorder.ledger.entries()).toMatchObject([
      {
        sequence: 1,
        decision: 'record',
        status: 429,
        operation: 'embeddings',
        api_version: '2024-10-21',
        auth: 'api-key',
        request_id: 'id-1',
        ended: 'sent',
      },
      {sequence: 2, decision: 'refused', status: 413},
      {sequence: 3, decision: 'refused', status: 404},
    ]);
    const control = (await rawExchange(recorder.url, {
      method: 'GET',
      target: '/__sim/ledger/summary',
    })) as RawReply;
    expect(JSON.parse(textOf(control))).toMatchObject({requests: 3, in_flight: 0});
  });
});

describe('the folder of a recorder', () => {
  it('goes on where it stopped, whatever else lies there', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('notes.txt'), 'mine');
    let count = 0;
    await using resource = await openResource((_, response) => void response.end(`{"count":${++count}}`));
    for (const times of [2, 1]) {
      await using recorder = await openRecorder(resource.url, {folder: folder.path});
      for (let time = 0; time < times; time++)
        await rawExchange(recorder.url, {target, body: '{"model":"m"}'});
    }
    const names = Object.keys(filesIn(folder.path));
    expect(names.map((name) => name.replace(/\.[0-9a-f]{12}/, ''))).toEqual([
      'notes.txt',
      'post.responses.m.001.json',
      'post.responses.m.002.json',
      'post.responses.m.003.json',
    ]);
    await using replayer = await openReplayer({folder: folder.path});
    const replies: string[] = [];
    for (let time = 0; time < 4; time++)
      replies.push(textOf(await rawExchange(replayer.url, {target, body: '{"model":"m"}'})));
    expect(replies).toEqual(['{"count":1}', '{"count":2}', '{"count":3}', '{"count":3}']);
  });

  it('is one recorder’s at a time', async () => {
    await using folder = await createTempFolder();
    await using resource = await openResource((_, response) => void response.end());
    await using recorder = await openRecorder(resource.url, {folder: folder.path});
    await expect(openRecorder(resource.url, {folder: folder.path})).rejects.toMatchObject({
      code: 'ERR_RECORDS',
      message: containing(`cannot record into ${folder.path}: process ${process.pid}`),
    });
    await recorder.close();
    await (await openRecorder(resource.url, {folder: folder.path})).close();
  });

  it('has to be one that can be written', async () => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('file'), '');
    const path = folder.file('file');
    await expect(openRecorder('http://127.0.0.1:1', {folder: path})).rejects.toMatchObject({
      code: 'ERR_RECORDS',
      message: `cannot record into ${path}: EEXIST`,
    });
  });

  it('is let go of where the recorder cannot listen', async () => {
    await using folder = await createTempFolder();
    await using resource = await openResource((_, response) => void response.end());
    const opening = openRecorder(resource.url, {folder: folder.path, port: resource.port});
    await expect(opening).rejects.toMatchObject({code: 'ERR_PORT_IN_USE'});
    expect(filesIn(folder.path)).toEqual({});
  });

  it('ends the recording where it cannot be written any more: nothing is paid for and lost', async () => {
    await using folder = await createTempFolder();
    const {logger, lines} = captureLog();
    let asked = 0;
    await using resource = await openResource((_, response) => {
      asked++;
      response.end('{}');
    });
    await using recorder = await openRecorder(resource.url, {folder: folder.file('records'), logger});
    await rm(folder.file('records'), {recursive: true});
    expect(await rawExchange(recorder.url, {target})).toMatchObject({status: 200});
    await until(() => lines.length > 0);
    expect(lines).toEqual([containing('ENOENT. Nothing is sent any more.')]);
    const refused = await rawExchange(recorder.url, {target});
    expect(refused).toMatchObject({status: 507});
    expect(textOf(refused)).toContain('RecordingFailed');
    expect(asked).toBe(1);
    await mkdir(folder.file('records'));
  });
});
