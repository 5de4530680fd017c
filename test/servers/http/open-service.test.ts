import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {CancelledError} from '../../../src/core/errors.ts';
import type {ServiceRequest, ServiceRoute} from '../../../src/servers/http/service.ts';
import {until} from '../../simulator/open-simulator.ts';
import {deferred} from '../gated-events.ts';
import {openTestService} from '../open-test-service.ts';
import {bodyOf, exchangeRaw, openRaw} from '../raw-client.ts';

const echo: ServiceRoute = {
  method: 'POST',
  path: '/echo',
  handle: ({body}) => ({body: {json: body ?? null}}),
};
const hello: ServiceRoute = {method: 'GET', path: '/hello', handle: () => ({body: {bytes: 'hello'}})};

describe('openService', () => {
  it('answers its routes, its health and its metrics', async () => {
    await using service = await openTestService([echo]);
    const echoed = await request(`${service.url}/echo`, {method: 'POST', body: '{"a":1}'});
    expect(echoed.headers['content-type']).toBe('application/json');
    expect(await echoed.body.text()).toBe('{"a":1}');
    expect(await (await request(`${service.url}/healthz`)).body.json()).toEqual({status: 'ok'});
    const metrics = await request(`${service.url}/metrics`);
    expect(metrics.headers['content-type']).toContain('text/plain');
    expect(await metrics.body.text()).toContain('rollcall_requests_total{server="policy_model",kind="model"');
  });

  it('leaves its health and its metrics to routes that have them', async () => {
    await using service = await openTestService([
      {method: 'GET', path: '/metrics', handle: () => ({body: {bytes: 'own'}})},
    ]);
    expect(await (await request(`${service.url}/metrics`)).body.text()).toBe('own');
  });

  it('gives a route the path, the query, the headers and what it learns a place', async () => {
    const seen: ServiceRequest[] = [];
    const see = (asked: ServiceRequest) => {
      seen.push(asked);
      return {status: 202, headers: {'set-cookie': ['a=1', 'b=2']}, body: {json: null}};
    };
    await using service = await openTestService([{method: '*', path: '*', handle: see}]);
    const path = `/some:path/${'x'.repeat(600)}`;
    const {statusCode, headers} = await request(`${service.url}${path}?q=1&q=%2F`, {
      method: 'PUT',
      headers: {'x-own': 'yes'},
    });
    expect(statusCode).toBe(202);
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    const [asked] = seen;
    expect(asked).toMatchObject({method: 'PUT', path, body: undefined});
    expect(asked?.headers['x-own']).toBe('yes');
    expect(asked?.query.getAll('q')).toEqual(['1', '/']);
  });

  it.each([
    ['/echo/', '/echo'],
    ['//echo', '/echo'],
    ['/a:b', '/a:b'],
    ['/models/any/thing', '/models/*'],
  ])('takes %s for %s', async (asked, path) => {
    await using service = await openTestService([
      {method: 'GET', path, handle: () => ({body: {json: path}})},
    ]);
    expect(await (await request(service.url + asked)).body.json()).toBe(path);
  });

  it('answers HEAD as GET, without the body', async () => {
    await using service = await openTestService([hello]);
    const answer = await exchangeRaw(service, 'HEAD /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    expect(answer).toContain('200 OK');
    expect(answer).toContain('content-length: 5\r\n');
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('takes whole URLs, as clients of a proxy send them, and HTTP/1.0', async () => {
    await using service = await openTestService([hello]);
    const proxied = await exchangeRaw(
      service,
      'GET http://elsewhere:80/hello?a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    );
    expect(proxied).toMatch(/200 OK[^]*hello$/);
    expect(await exchangeRaw(service, 'GET /hello HTTP/1.0\r\n\r\n')).toMatch(/200 OK[^]*hello$/);
  });

  it.each([
    ['GET /nothing', 404, 'not_found'],
    ['POST /nothing', 404, 'not_found'],
    ['GET /echo', 405, 'POST'],
    ['DELETE /echo/', 405, 'POST'],
    ['POST /hello', 405, 'GET, HEAD'],
    ['PUT /healthz', 405, 'GET, HEAD'],
    ['PROPFIND /hello', 405, 'GET, HEAD'],
    ['GET /%zz', 400, 'invalid_path'],
    ['OPTIONS *', 404, 'not_found'],
  ])('answers %s with %i, %s', async (asked, status, told) => {
    await using service = await openTestService([echo, hello]);
    const answer = await exchangeRaw(
      service,
      `${asked} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
    );
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    if (status === 405) expect(answer).toContain(`allow: ${told}\r\n`);
    const code = status === 405 ? 'method_not_allowed' : told;
    expect(bodyOf(answer)).toEqual({
      error: {message: expect.any(String) as string, type: 'invalid_request_error', code, param: null},
    });
  });

  it('hides what a bug threw, and logs its stack', async () => {
    await using service = await openTestService([
      {method: 'GET', path: '/bug', handle: () => Promise.reject(new TypeError('of the inside'))},
    ]);
    const {statusCode, body} = await request(`${service.url}/bug`);
    const text = await body.text();
    expect(statusCode).toBe(500);
    expect(text).not.toContain('inside');
    expect(JSON.parse(text)).toMatchObject({error: {type: 'server_error', code: 'internal_error'}});
    expect(service.logged.join('\n')).toMatch(/^error policy_model: TypeError: of the inside\n\s+at /);
  });

  it('ends the connection of a request that was cancelled, and says 499', async () => {
    await using service = await openTestService([
      {method: 'GET', path: '/cancelled', handle: () => Promise.reject(new CancelledError('drained'))},
    ]);
    await expect(request(`${service.url}/cancelled`)).rejects.toThrow();
    await until(() => service.lines.length > 0);
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({'http.response.status_code': 499});
    expect(service.logged).toEqual([]);
  });

  it('answers a header that no socket takes with a 500', async () => {
    await using service = await openTestService([
      {method: 'GET', path: '/', handle: () => ({headers: {a: 'b\r\nc: d'}, body: {json: 1}})},
    ]);
    expect((await request(service.url)).statusCode).toBe(500);
  });

  it('keeps a key that a client or a service wrote by mistake out of log and metrics', async () => {
    const key = 'canary-key';
    const mistaken: ServiceRoute = {
      method: 'GET',
      path: '/*',
      handle({notes}) {
        const names = {requestModel: key, responseModel: key, upstreamRequestId: `id-${key}`, error: key};
        Object.assign(notes, {operation: 'chat', ...names});
        return {body: {json: {}}};
      },
    };
    const redact = (text: string): string => text.replaceAll(key, '****');
    await using service = await openTestService([mistaken], {redact});
    await (await request(`${service.url}/${key}`)).body.dump();
    await until(() => service.lines.length === 1);
    const {text} = await service.telemetry.exposition();
    expect(text).toContain('gen_ai_response_model="****"');
    expect(service.lines.join('') + text).not.toContain(key);
  });

  it('goes on when its access log cannot be written', async () => {
    const telemetry = {
      requestBegan: () => undefined,
      requestEnded: () => {
        throw new Error('no space');
      },
      watchDeployment: () => () => undefined,
      exposition: () => Promise.reject(new Error('none')),
    };
    await using service = await openTestService([hello], {telemetry});
    expect((await request(`${service.url}/hello`)).statusCode).toBe(200);
    expect((await request(`${service.url}/hello`)).statusCode).toBe(200);
    await until(() => service.logged.length === 2);
    expect(service.logged[0]).toContain('no space');
  });
});

describe('a port that cannot be had', () => {
  it('is an error that names who wanted it', async () => {
    await using service = await openTestService([]);
    await expect(openTestService([], {port: service.port, name: 'judge_model'})).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: `model judge_model: cannot listen on 127.0.0.1:${service.port}: EADDRINUSE`,
    });
    await expect(openTestService([], {host: '203.0.113.1'})).rejects.toMatchObject({
      code: 'ERR_PORT_REFUSED',
    });
  });
});

describe('a token', () => {
  const token = 'a-long-token';
  const seeHeaders: ServiceRoute = {
    method: 'GET',
    path: '/headers',
    handle: ({headers}) => ({body: {json: headers['api-key'] ?? headers.authorization ?? null}}),
  };

  it.each([
    ['none', {}, 401],
    ['another', {authorization: 'Bearer another'}, 401],
    ['as bearer', {authorization: `bearer ${token}`}, 200],
    ['as api-key', {'api-key': token}, 200],
  ])('is wanted by every route: %s', async (_, headers, status) => {
    await using service = await openTestService([hello], {token});
    const answer = await request(`${service.url}/hello`, {headers});
    expect(answer.statusCode).toBe(status);
    if (status === 401) {
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(await answer.body.json()).toMatchObject({error: {code: 'invalid_server_token'}});
    }
  });

  it('is not wanted for the health, but for what does not exist', async () => {
    await using service = await openTestService([], {token});
    expect((await request(`${service.url}/healthz`)).statusCode).toBe(200);
    expect((await request(`${service.url}/metrics`)).statusCode).toBe(401);
    expect((await request(`${service.url}/nothing`)).statusCode).toBe(401);
  });

  it('or no web page’s asking is wanted: a browser says where it comes from', async () => {
    await using open = await openTestService([hello]);
    const ask = async (url: string, headers: Record<string, string>) =>
      (await request(`${url}/hello`, {headers})).statusCode;
    expect(await ask(open.url, {'sec-fetch-site': 'cross-site'})).toBe(403);
    expect(await ask(open.url, {'sec-fetch-site': 'none'})).toBe(200);
    await using closed = await openTestService([hello], {token});
    expect(await ask(closed.url, {'sec-fetch-site': 'cross-site', 'api-key': token})).toBe(200);
    expect(await ask(closed.url, {origin: 'https://app.example', 'api-key': token})).toBe(200);
  });

  it.each([
    ['https://evil.example', 403],
    ['http://evil.example:8080', 403],
    ['http://localhost.evil.example', 403],
    ['http://10.0.0.1', 403],
    ['null', 403],
    ['no url', 403],
    ['http://localhost:3000', 200],
    ['http://app.localhost', 200],
    ['http://127.0.0.1:5173', 200],
    ['http://[::1]:5173', 200],
  ])(
    'is wanted of pages that are not of this machine, whatever name they gave it: %s',
    async (origin, status) => {
      await using service = await openTestService([hello]);
      const answer = await request(`${service.url}/hello`, {headers: {origin, host: 'evil.example:8080'}});
      expect([answer.statusCode, await answer.body.text()]).toEqual([
        status,
        expect.stringContaining(status === 200 ? 'hello' : 'cross_site_request'),
      ]);
    },
  );

  it('is kept from the routes, which get what else a client authorizes', async () => {
    await using service = await openTestService([seeHeaders], {token});
    const get = async (headers: Record<string, string>) =>
      (await request(`${service.url}/headers`, {headers})).body.json();
    expect(await get({authorization: `Bearer ${token}`})).toBeNull();
    expect(await get({authorization: 'Bearer upstream', 'api-key': token})).toBe('Bearer upstream');
  });
});

describe('the end of a server', () => {
  it('lets requests in progress end when it drains, and takes no more', async () => {
    const {promise, resolve} = deferred();
    await using service = await openTestService([
      {method: 'GET', path: '/slow', handle: () => promise.then(() => ({body: {json: 'done'}}))},
    ]);
    // One that is idle, one that never asked, one in progress.
    await using idle = await openRaw(service);
    idle.socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n');
    await idle.until(/ok/);
    await using silent = await openRaw(service);
    await using asking = await openRaw(service);
    asking.socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => service.inFlight() === 1);
    let isDrained = false;
    const drained = service.drain().then(() => (isDrained = true));
    await Promise.all([idle.closed(), silent.closed()]);
    await expect(request(`${service.url}/healthz`)).rejects.toThrow();
    expect(isDrained).toBe(false);
    resolve();
    expect(await asking.closed()).toMatch(/connection: close\r\n[^]*"done"$/i);
    await drained;
    expect(service.lines).toHaveLength(2);
  });

  it('cancels every request when it closes', async () => {
    const reasons: string[] = [];
    const wait = ({cancellation}: ServiceRequest) =>
      new Promise<never>((_, reject) => {
        cancellation.onCancel((reason) => {
          reasons.push(reason.message);
          reject(reason);
        });
      });
    const service = await openTestService([{method: 'GET', path: '/wait', handle: wait}]);
    await using asking = await openRaw(service);
    asking.socket.write('GET /wait HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => service.inFlight() === 1);
    const drained = service.drain();
    await service.close();
    await drained;
    await service.close();
    expect(await asking.closed()).toBe('');
    expect(reasons).toEqual(['the connection ended']);
    expect(service.inFlight()).toBe(0);
  });

  it('cancels what was asked for after a request that is still being answered, when the connection ends', async () => {
    const reasons: string[] = [];
    const wait = ({cancellation, path}: ServiceRequest) =>
      new Promise<never>((_, reject) => {
        cancellation.onCancel((reason) => {
          reasons.push(`${path} ${reason.message}`);
          reject(reason);
        });
      });
    await using service = await openTestService([{method: '*', path: '*', handle: wait}]);
    const client = await openRaw(service);
    client.socket.write('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => service.inFlight() === 2);
    await client[Symbol.asyncDispose]();
    await until(() => service.inFlight() === 0);
    expect(reasons.sort()).toEqual(['/1 the connection ended', '/2 the connection ended']);
    expect(service.lines).toHaveLength(2);
  });
});
