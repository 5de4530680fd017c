import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {RollcallError} from '../../../src/core/errors.ts';
import type {GatewayRoute} from '../../../src/manifests/gateway-config.ts';
import {compileRoutes} from '../../../src/servers/gateway/gateway-match.ts';
import {exact, prefix, regex, requestOf, routeOf} from './gateway-examples.ts';

function found(
  routes: readonly GatewayRoute[],
  line: string,
  headers: Readonly<Record<string, string>> = {},
): string | undefined {
  return compileRoutes(routes)(requestOf(line, {headers}))?.route.name;
}

describe('a route match', () => {
  it.each([
    ['takes the prefix itself', prefix('/azure'), 'POST /azure', true],
    ['takes the prefix with a slash', prefix('/azure'), 'POST /azure/', true],
    ['takes what is below a prefix', prefix('/azure'), 'POST /azure/v1/x', true],
    ['takes no prefix of a segment', prefix('/azure'), 'POST /azure-openai', false],
    ['ignores the slash at the end of a prefix', prefix('/azure/'), 'POST /azure', true],
    ['takes no part of a prefix', prefix('/azure/v1'), 'POST /azure', false],
    ['takes everything at /', prefix('/'), 'POST /any/thing', true],
    ['takes / at /', prefix('/'), 'GET /', true],
    ['tells case apart in a prefix', prefix('/azure'), 'POST /Azure', false],
    ['takes an exact path', exact('/azure'), 'POST /azure', true],
    ['takes no slash more than an exact path', exact('/azure'), 'POST /azure/', false],
    ['takes nothing below an exact path', exact('/azure'), 'POST /azure/v1', false],
    ['takes a pattern that the whole path fits', regex('/a[a-z]+'), 'POST /azure', true],
    ['takes no pattern that a part of the path fits', regex('/a[a-z]'), 'POST /azure', false],
    ['takes each alternative of a pattern as a whole', regex('/a|/azure'), 'POST /azure', true],
    ['takes no alternative that is only the end', regex('/a|ure'), 'POST /azure', false],
    ['takes a pattern that ignores case', regex('(?i)/AZURE'), 'POST /azure', true],
    ['takes paths as they are sent: nothing is decoded', prefix('/azure'), 'POST /%61zure', false],
    ['takes an encoded slash for no slash', prefix('/azure'), 'POST /azure%2Fv1', false],
    ['compares encoded paths byte by byte', prefix('/mod%C3%A8le'), 'POST /mod%C3%A8le/v1', true],
    ['leaves dot segments as they are', prefix('/private'), 'POST /azure/../private', false],
    ['takes the method', prefix('/azure', {method: 'POST'}), 'POST /azure', true],
    ['takes no other method', prefix('/azure', {method: 'POST'}), 'GET /azure', false],
  ])('%s', (_, match, line, expected) => {
    expect(found([routeOf('r', match)], line)).toBe(expected ? 'r' : undefined);
  });

  it.each([
    ['an exact value', {type: 'Exact', name: 'x-team', value: 'red'}, {'x-team': 'red'}, true],
    ['another value', {type: 'Exact', name: 'x-team', value: 'red'}, {'x-team': 'Red'}, false],
    ['a name in any case', {type: 'Exact', name: 'X-Team', value: 'red'}, {'x-team': 'red'}, true],
    ['no header', {type: 'Exact', name: 'x-team', value: ''}, {}, false],
    ['a pattern', {type: 'RegularExpression', name: 'x-team', value: 'r.d|blue'}, {'x-team': 'blue'}, true],
    [
      'a part of a pattern',
      {type: 'RegularExpression', name: 'x-team', value: 're'},
      {'x-team': 'red'},
      false,
    ],
    ['no header to a pattern', {type: 'RegularExpression', name: 'x-team', value: '.*'}, {}, false],
  ] as const)('decides by a header: %s', (_, header, headers, expected) => {
    expect(found([routeOf('r', prefix('/', {headers: [header]}))], 'POST /', headers)).toBe(
      expected ? 'r' : undefined,
    );
  });

  it.each([
    ['an exact value', {type: 'Exact', name: 'v', value: '2'}, 'v=2', true],
    ['a decoded value', {type: 'Exact', name: 'v', value: 'a b'}, 'v=a%20b', true],
    ['another value', {type: 'Exact', name: 'v', value: '2'}, 'v=3', false],
    ['the first of several values', {type: 'Exact', name: 'v', value: '2'}, 'v=2&v=3', true],
    ['a name in another case', {type: 'Exact', name: 'v', value: '2'}, 'V=2', false],
    ['no parameter', {type: 'Exact', name: 'v', value: '2'}, '', false],
    ['a pattern', {type: 'RegularExpression', name: 'v', value: '\\d+'}, 'v=22', true],
    ['no parameter to a pattern', {type: 'RegularExpression', name: 'v', value: '.*'}, 'w=1', false],
  ] as const)('decides by a query parameter: %s', (_, param, query, expected) => {
    expect(found([routeOf('r', prefix('/', {queryParams: [param]}))], `POST /?${query}`)).toBe(
      expected ? 'r' : undefined,
    );
  });

  it('wants all of its conditions', () => {
    const both = prefix('/', {
      headers: [
        {type: 'Exact', name: 'a', value: '1'},
        {type: 'Exact', name: 'b', value: '2'},
      ],
    });
    expect(found([routeOf('r', both)], 'POST /', {a: '1'})).toBeUndefined();
    expect(found([routeOf('r', both)], 'POST /', {a: '1', b: '2'})).toBe('r');
  });

  it('counts only the first of several conditions on one header', () => {
    const twice = prefix('/', {
      headers: [
        {type: 'Exact', name: 'X-A', value: '1'},
        {type: 'Exact', name: 'x-a', value: '2'},
      ],
    });
    const once = prefix('/', {headers: [{type: 'Exact', name: 'x-a', value: '1'}]});
    expect(found([routeOf('once', once), routeOf('twice', twice)], 'POST /', {'x-a': '1'})).toBe('once');
  });

  it('is one of several of its route', () => {
    const route = routeOf('r', [exact('/a'), exact('/b')]);
    expect([found([route], 'GET /a'), found([route], 'GET /b'), found([route], 'GET /c')]).toEqual([
      'r',
      'r',
      undefined,
    ]);
  });
});

describe('of several routes', () => {
  const header = {type: 'Exact', name: 'x-a', value: '1'} as const;
  const other = {type: 'Exact', name: 'x-b', value: '1'} as const;
  const param = {type: 'Exact', name: 'v', value: '1'} as const;
  const sent = {'x-a': '1', 'x-b': '1', host: 'a.example.com'};

  it.each([
    ['an exact path comes before a prefix', prefix('/a/b'), exact('/a/b')],
    ['an exact path comes before a pattern', regex('/a/b.*'), exact('/a/b')],
    ['a prefix comes before a pattern', regex('/a/b.*'), prefix('/a')],
    ['the longer prefix comes first', prefix('/a'), prefix('/a/b')],
    ['the longer pattern comes first', regex('/a.*'), regex('/a/b.*')],
    ['a match with a method comes first', prefix('/a'), prefix('/a', {method: 'POST'})],
    [
      'a method comes before headers',
      prefix('/a', {headers: [header, other]}),
      prefix('/a', {method: 'POST'}),
    ],
    ['more headers come first', prefix('/a', {headers: [header]}), prefix('/a', {headers: [header, other]})],
    [
      'headers come before query parameters',
      prefix('/a', {queryParams: [param]}),
      prefix('/a', {headers: [header]}),
    ],
    ['more query parameters come first', prefix('/a'), prefix('/a', {queryParams: [param]})],
    ['the path comes before all else', prefix('/a', {method: 'POST', headers: [header]}), prefix('/a/b')],
  ])('%s', (_, loser, winner) => {
    const line = 'POST /a/b?v=1';
    expect(found([routeOf('loser', loser), routeOf('winner', winner)], line, sent)).toBe('winner');
    expect(found([routeOf('winner', winner), routeOf('loser', loser)], line, sent)).toBe('winner');
  });

  it('the first in order comes first when nothing else tells', () => {
    expect(found([routeOf('one', prefix('/a')), routeOf('two', prefix('/a/'))], 'POST /a')).toBe('one');
  });

  it.each([
    ['an exact host before a pattern', '*.example.com', 'a.example.com'],
    ['the longer pattern before the shorter', '*.com', '*.example.com'],
    ['a pattern before every host', undefined, '*.com'],
  ])('%s, whatever the path', (_, loser, winner) => {
    const routes = [
      routeOf('loser', exact('/a/b'), {hostnames: loser === undefined ? [] : [loser]}),
      routeOf('winner', prefix('/'), {hostnames: [winner]}),
    ];
    expect(found(routes, 'POST /a/b', sent)).toBe('winner');
  });

  it('a less specific host serves what the more specific one has no path for', () => {
    const routes = [
      routeOf('everywhere', prefix('/a')),
      routeOf('here', prefix('/b'), {hostnames: ['a.example.com']}),
    ];
    expect(found(routes, 'POST /a', sent)).toBe('everywhere');
  });

  it('the order of routes that differ in rank never matters', () => {
    const ranked = [
      routeOf('exact', exact('/a/b')),
      routeOf('long', prefix('/a/b')),
      routeOf('short', prefix('/a')),
      routeOf('pattern', regex('/a/.*')),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(ranked, {minLength: 1}), (routes) => {
        const best = ranked.find((route) => routes.includes(route));
        expect(found(routes, 'POST /a/b')).toBe(best?.name);
      }),
    );
  });
});

describe('patterns that are none', () => {
  it('are all told at once, before anything is served', () => {
    const bad = [
      routeOf('one', regex('/a(')),
      routeOf('two', prefix('/', {headers: [{type: 'RegularExpression', name: 'x', value: '['}]})),
      routeOf('three', prefix('/', {queryParams: [{type: 'RegularExpression', name: 'q', value: 'a)|(b'}]})),
    ];
    let thrown: unknown;
    try {
      compileRoutes(bad);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RollcallError);
    const {code, problems} = thrown as RollcallError;
    expect(code).toBe('ERR_CONFIG');
    expect(problems.map(({message}) => message)).toEqual([
      expect.stringContaining('HTTPRoute one: the path'),
      expect.stringContaining('HTTPRoute two: the value of header x'),
      expect.stringContaining('HTTPRoute three: the value of query parameter q'),
    ]);
  });
});
