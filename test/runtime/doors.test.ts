import {get} from 'node:http';
import {networkInterfaces} from 'node:os';
import {describe, expect, it} from 'vitest';
import {systemClock} from '../../src/runtime/clock.ts';
import {openServer} from '../../src/runtime/http-server.ts';
import {createLogger, type LogLevel, stripControls} from '../../src/runtime/logger.ts';
import {seededRandom, systemRandom} from '../../src/runtime/random.ts';
import {listenForSignals} from '../../src/runtime/signals.ts';

describe('the logger', () => {
  it('writes what is at its level or above, without secrets', () => {
    const lines: [string, LogLevel][] = [];
    const logger = createLogger({
      level: 'info',
      redact: (text) => text.replace('canary', '****'),
      writeLine: (line, level) => lines.push([line, level]),
    });
    logger.debug('quiet');
    logger.info('key canary');
    logger.error('bad');
    expect(lines).toEqual([
      ['key ****', 'info'],
      ['bad', 'error'],
    ]);
  });

  it.each([
    {name: 'colours', text: 'a\u001B[31mb\u001B[0m', out: 'ab'},
    {name: 'window titles', text: 'a\u001B]0;pwned\u0007b', out: 'ab'},
    {name: 'bells, backspaces and returns', text: 'a\u0007\b\rb', out: 'ab'},
    {name: 'text that runs the other way', text: 'a\u202Eb', out: 'ab'},
  ])('takes out $name', ({text, out}) => {
    expect(stripControls(text)).toBe(out);
  });

  it('keeps line breaks, tabs and every script', () => {
    expect(stripControls('α\tβ\n漢字 🙂')).toBe('α\tβ\n漢字 🙂');
  });
});

describe('chance', () => {
  it('repeats itself under the same seed and not under another', () => {
    const draw = (seed: number) => Array.from({length: 5}, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect([...draw(7), systemRandom()].every((value) => value >= 0 && value < 1)).toBe(true);
  });
});

describe('the signals', () => {
  it('ask once, then insist, and are no longer heard when stopped', () => {
    const heard: string[] = [];
    const before = process.listenerCount('SIGINT');
    const stop = listenForSignals({
      onFirst: (signal) => heard.push(`first ${signal}`),
      onAgain: (signal) => heard.push(`again ${signal}`),
    });
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    stop();
    expect(heard).toEqual(['first SIGTERM', 'again SIGINT']);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('the system clock', () => {
  it('calls back after the delay, however long, and never once called off', async () => {
    const from = systemClock.monotonic();
    let calledOff = false;
    systemClock.setTimer(1, () => (calledOff = true))();
    const stopLongest = systemClock.setTimer(1e10, () => (calledOff = true));
    await new Promise<void>((resolve) => systemClock.setTimer(5, resolve));
    stopLongest();
    expect(systemClock.monotonic() - from).toBeGreaterThanOrEqual(4);
    expect(calledOff).toBe(false);
    expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({address}) => address === '::1'),
);

describe('a server', () => {
  it('answers on the port it was given and ends open connections when closed', async () => {
    const server = await openServer((_, response) => response.end('hello'), {host: '127.0.0.1', port: 0});
    const text = await new Promise((resolve) => get(server.url, (reply) => reply.on('data', resolve)));
    expect(String(text)).toBe('hello');
    await server.close();
  });

  it.skipIf(!hasIpv6)('listens on an IPv6 address with or without the brackets of URLs', async () => {
    for (const host of ['::1', '[::1]']) {
      await using server = await openServer((_, response) => response.end('hello'), {host, port: 0});
      expect(server.url).toBe(`http://[::1]:${String(server.port)}`);
    }
  });

  it('names a port that is in use', async () => {
    await using first = await openServer(() => undefined, {host: '127.0.0.1', port: 0});
    await expect(openServer(() => undefined, {host: '127.0.0.1', port: first.port})).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: expect.stringContaining(String(first.port)) as string,
    });
  });
});
