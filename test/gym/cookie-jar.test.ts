import {describe, expect, it} from 'vitest';
import {CookieJar} from '../../src/gym/cookie-jar.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

// 2025-06-15T15:06:40Z
const clock = createFakeClock(1_750_000_000_000);

function jarAfter(...replies: readonly (string | string[])[]): CookieJar {
  const jar = new CookieJar(clock);
  for (const lines of replies) jar.store({'set-cookie': lines});
  return jar;
}

describe('CookieJar', () => {
  it('shows nothing while it is empty', () => {
    const jar = new CookieJar(clock);
    jar.store({});
    expect(jar.headers()).toEqual({});
  });

  it.each([
    // As Starlette signs a session, and as Python quotes a value.
    [
      'S___n=eyJpZCI6IDF9.aSFs.x_y-z==; path=/; Max-Age=1209600; httponly; samesite=lax',
      'S___n=eyJpZCI6IDF9.aSFs.x_y-z==',
    ],
    ['a="q\\054w"; Path=/', 'a="q\\054w"'],
    ['a=%41%zz', 'a=%41%zz'],
    ['a=1; Domain=elsewhere.example; Secure; Path=/deep', 'a=1'],
    ['a=', 'a='],
    ['__proto__=1', '__proto__=1'],
  ])('gives %j back as it came', (line, cookie) => {
    expect(jarAfter(line).headers()).toEqual({cookie});
  });

  it('keeps the cookies of all replies, the last of each name', () => {
    const jar = jarAfter(['a=1', 'b=2'], 'a=3');
    expect(jar.headers()).toEqual({cookie: 'a=3; b=2'});
  });

  it.each([
    'a=gone; Max-Age=0',
    'a=gone; Max-Age=-1',
    'a=""; expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'a=gone; Expires=Sun, 15 Jun 2025 15:06:40 GMT',
    'a=gone; Expires=Sun, 15 Jun 2035 15:06:40 GMT; Max-Age=0',
  ])('forgets what %j takes back', (line) => {
    expect(jarAfter('a=1', line).headers()).toEqual({});
  });

  it.each([
    'a=2; Expires=Sun, 15 Jun 2025 15:06:41 GMT',
    'a=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60',
    'a=2; Max-Age=soon; Expires=never',
  ])('keeps what %j still holds', (line) => {
    expect(jarAfter('a=1', line).headers()).toEqual({cookie: 'a=2'});
  });

  it('passes over a line without a name', () => {
    expect(jarAfter(['nothing', '=x', '']).headers()).toEqual({});
  });
});
