import {describe, expect, it} from 'vitest';
import {isLoopbackHost, isPrivateHost} from '../../src/core/private-host.ts';

describe('a host', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.3.2.1', '[::1]'])('%s is this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    ...[
      'simulator',
      'my_service',
      'host.docker.internal',
      'llm.default.svc',
      'llm.default.svc.cluster.local',
    ],
    ...['nas.lan', '10.0.0.7', '172.16.0.1', '172.31.255.1', '192.168.1.2', '[fd00::1]'],
  ])('%s is of a private network', (host) => {
    expect(isPrivateHost(host)).toBe(true);
    expect(isLoopbackHost(host)).toBe(false);
  });

  it.each([
    ...['my-endpoint.openai.azure.com', 'example.com', '127.0.0.1.example.com', '10.0.0.7.example.com'],
    ...['internal.example.com', '8.8.8.8', '172.32.0.1', '172.15.0.1', '169.254.169.254', '[2001:db8::1]'],
    ...['10.0.0.7.', '-x', '1234', 'localhost.example.com', 'local.'],
  ])('%s may be anywhere', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
    expect(isPrivateHost(host)).toBe(false);
  });
});
