import {parseSetCookie} from 'cookie';
import type {Clock} from '../core/clock.ts';
import type {ReplyHeaders} from './http-exchange.ts';

// Signed sessions break when they are decoded and encoded anew: values go back as they came.
const asItIs = {decode: (value: string): string => value};

/** The cookies of one session with one server: every pair goes back to it; of the attributes only expiry counts. */
export class CookieJar {
  readonly #clock: Clock;
  readonly #pairs = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps what a reply sets and forgets what it takes back. */
  store(headers: ReplyHeaders): void {
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      const {name, value = '', maxAge, expires} = parseSetCookie(line, asItIs);
      if (name === '') continue;
      const isOver =
        maxAge === undefined ? expires !== undefined && expires.getTime() <= this.#clock.now() : maxAge <= 0;
      if (isOver) this.#pairs.delete(name);
      else this.#pairs.set(name, value);
    }
  }

  /** The headers that show the cookies; none while there are none. */
  headers(): Readonly<Record<string, string>> {
    if (this.#pairs.size === 0) return {};
    return {cookie: [...this.#pairs].map(([name, value]) => `${name}=${value}`).join('; ')};
  }
}
