/** A source of chunks that a test feeds one by one, and that knows how it was left. */
export interface GatedEvents extends AsyncIterable<Uint8Array> {
  push(text: string): void;
  end(): void;
  fail(error: Error): void;
  /** Resolves when the reader has left. */
  readonly left: Promise<void>;
  /** Chunks that were asked for. */
  readonly asked: number;
}

export function createGatedEvents(): GatedEvents {
  type Step = {readonly value: Uint8Array} | {readonly error: Error} | 'end';
  const steps: Step[] = [];
  let wake: () => void = () => undefined;
  let asked = 0;
  const {promise: left, resolve: leave} = deferred();
  const add = (step: Step): void => {
    steps.push(step);
    wake();
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        asked += 1;
        while (steps.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const step = steps.shift();
        if (step === undefined || step === 'end') return;
        if ('error' in step) throw step.error;
        yield step.value;
      }
    } finally {
      leave();
    }
  }
  return {
    push: (text) => add({value: Buffer.from(text)}),
    end: () => add('end'),
    fail: (error) => add({error}),
    left,
    get asked() {
      return asked;
    },
    [Symbol.asyncIterator]: read,
  };
}

/** A promise with its ends in hand. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return {promise, resolve, reject};
}
