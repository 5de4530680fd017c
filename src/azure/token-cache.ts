import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';

/** A token and the end of its life, in milliseconds since 1970. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Fetches a token, however long that takes. */
export type TokenProvider = () => Promise<AccessToken>;

export interface TokenCacheOptions {
  readonly clock: Clock;
  readonly onSecret: (value: string) => void;
}

const freshForMs = 300_000;

/** Keeps one token for all calls and has at most one fetch under way. */
export class TokenCache {
  readonly #provider: TokenProvider;
  readonly #options: TokenCacheOptions;
  #current: AccessToken | undefined;
  #fetching: Promise<string> | undefined;

  constructor(provider: TokenProvider, options: TokenCacheOptions) {
    this.#provider = provider;
    this.#options = options;
  }

  /** The token, at once if it lives for five minutes more; else whatever one fetch for everybody brings. */
  take(): string | Promise<string> {
    const current = this.#current;
    if (current !== undefined && current.expiresAtMs - this.#options.clock.now() >= freshForMs) {
      return current.token;
    }
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** Forgets a token that was refused, unless another has taken its place already. */
  drop(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  async #fetch(): Promise<string> {
    try {
      const fetched = await this.#provider();
      this.#options.onSecret(fetched.token);
      this.#current = fetched;
      return fetched.token;
    } catch (error) {
      const current = this.#current;
      // A token with minutes to live is better than a failure that may pass.
      if (current !== undefined && current.expiresAtMs > this.#options.clock.now()) return current.token;
      if (error instanceof CallError) throw error;
      throw tokenFailure(error);
    }
  }
}

function tokenFailure(error: unknown): CallError {
  const name = error instanceof Error ? error.name : 'Error';
  // The network may come back; that nobody is signed in, or wrongly set up, stays so.
  const isNetwork = error instanceof Error && (name === 'RestError' || 'code' in error);
  return new CallError(`No token could be had from Entra ID (${name})`, {
    code: 'ERR_MODEL_AUTH',
    fault: 'model',
    effect: isNetwork && !/Credential|Authentication/.test(name) ? 'retry' : 'run',
    hint: 'Sign in (`az login`), or give the process a managed or workload identity; AZURE_TOKEN_CREDENTIALS narrows the search.',
  });
}
