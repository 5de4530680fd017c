import {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import {RequestRefusal} from '../../../src/servers/http/request-refusal.ts';
import {createRouteTable} from '../../../src/servers/http/route-table.ts';
import type {ServiceRoute} from '../../../src/servers/http/service.ts';

const handle: ServiceRoute['handle'] = () => ({body: {json: null}});
const routes: readonly ServiceRoute[] = [
  {method: 'GET', path: '/', handle},
  {method: 'POST', path: '/v1/responses', handle},
  {method: 'GET', path: '/v1/models', handle},
  {method: 'GET', path: '/v1/models/*', handle},
];
const find = createRouteTable(routes);

function ask(method: string, url: string, table = find): ServiceRoute | RequestRefusal {
  const request = Object.assign(new IncomingMessage(new Socket()), {method, url});
  return table(request);
}

describe('the table of routes', () => {
  it.each([
    ['GET', '/', '/'],
    ['POST', '/v1/responses', '/v1/responses'],
    ['POST', '/v1/responses/', '/v1/responses'],
    ['POST', '//v1//responses', '/v1/responses'],
    ['POST', '/v1/responses?api-version=1', '/v1/responses'],
    ['POST', '/v1/%72esponses', '/v1/responses'],
    ['POST', 'http://somewhere:80/v1/responses?x=1', '/v1/responses'],
    ['POST', '/ng-rollout/7-0-a1/v1/responses', '/v1/responses'],
    ['HEAD', '/v1/models', '/v1/models'],
    ['GET', '/v1/models/gpt-4o', '/v1/models/*'],
    ['GET', '/v1/models/a/b', '/v1/models/*'],
  ])('takes %s %s to %s', (method, url, path) => {
    expect(ask(method, url)).toMatchObject({path});
  });

  it.each([
    ['GET', '/v1', 404, 'not_found'],
    ['GET', '/ng-rollout/7/nothing', 404, 'not_found'],
    ['GET', '/v1/responses', 405, 'method_not_allowed'],
    ['DELETE', '/v1/models', 405, 'method_not_allowed'],
    ['GET', '/%E0%A4%A', 400, 'invalid_path'],
  ])('refuses %s %s with %d', (method, url, status, code) => {
    const refusal = ask(method, url);
    if (!(refusal instanceof RequestRefusal)) throw new Error('a route was found');
    expect([refusal.status, refusal.body.error.code]).toEqual([status, code]);
  });

  it('says which methods a path takes', () => {
    expect(ask('PUT', '/v1/models')).toMatchObject({headers: {allow: 'GET, HEAD'}});
    expect(ask('GET', '/v1/responses')).toMatchObject({headers: {allow: 'POST'}});
  });

  it('leaves the rest to the route for all, whatever the method', () => {
    const all = createRouteTable([...routes, {method: '*', path: '*', handle}]);
    expect(ask('GET', '/v1/models', all)).toMatchObject({path: '/v1/models'});
    expect(ask('PROPFIND', '/v1/models', all)).toMatchObject({path: '*'});
    expect(ask('POST', '/anything', all)).toMatchObject({path: '*'});
  });
});
