import {describe, expect, it} from 'vitest';
import {compileHostname, hostOf} from '../../../src/servers/gateway/gateway-hosts.ts';

describe('a hostname of a route', () => {
  it.each([
    ['a.com', 'a.com', true],
    ['a.com', 'b.a.com', false],
    ['A.com', 'a.COM', true],
    ['*.a.com', 'b.a.com', true],
    ['*.a.com', 'c.b.a.com', true],
    ['*.a.com', 'a.com', false],
    ['*.a.com', '.a.com', false],
    ['*.a.com', 'ba.com', false],
    ['*.a.com', 'b.a.com.evil.org', false],
  ])('%s takes the host %s: %s', (hostname, host, expected) => {
    expect(compileHostname(hostname).matches(hostOf(host))).toBe(expected);
  });

  it('takes no request without a host', () => {
    expect(compileHostname('a.com').matches(hostOf(undefined))).toBe(false);
    expect(compileHostname('*.com').matches(hostOf(''))).toBe(false);
  });
});

describe('the host of a request', () => {
  it.each([
    ['localhost:8080', 'localhost'],
    ['Example.COM', 'example.com'],
    ['example.com.:80', 'example.com'],
    ['[::1]:8080', '[::1]'],
    ['[::1]', '[::1]'],
    ['example.com:', 'example.com'],
    ['', undefined],
  ])('is, of %j, %j', (header, expected) => {
    expect(hostOf(header)).toBe(expected);
  });
});
