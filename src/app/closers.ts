/** What has been opened, to be closed in the opposite order, once, even if one of them fails at it. */
export class Closers {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /** Takes over something disposable and gives it back. */
  use<T extends AsyncDisposable>(opened: T): T {
    this.add(async () => await opened[Symbol.asyncDispose]());
    return opened;
  }

  async close(): Promise<void> {
    let failure: {readonly error: unknown} | undefined;
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failure ??= {error};
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
