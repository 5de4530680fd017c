import type {Cancellation} from '../core/cancellation.ts';

export interface ForEachConcurrentOptions {
  /** At most this many at once; a function is asked again whenever an item has come or gone. */
  readonly limit: number | (() => number);
  /** Has it asked again at other times too; returns the way to end that. */
  readonly onLimitChange?: ((tell: () => void) => () => void) | undefined;
  /** Once cancelled, nothing more is pulled from the source; what runs is waited for. */
  readonly stopPulling: Cancellation;
}

/**
 * Calls `work` for every item, at most `limit` at once, pulling an item only when there is room for it; order is the source's.
 * Resolves when all have ended. The first failure of `work` or of the source stops the pulling and is thrown when the
 * running ones have ended; nothing runs on when it returns.
 */
export async function forEachConcurrent<T>(
  source: AsyncIterable<T>,
  {limit, onLimitChange, stopPulling}: ForEachConcurrentOptions,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const room = new Room(limit);
  const failures: unknown[] = [];
  const stopListening = stopPulling.onCancel(() => room.wake());
  const stopWatching = onLimitChange?.(() => room.wake());
  const run = async (item: T): Promise<void> => {
    try {
      await work(item);
    } catch (error) {
      failures.push(error);
    }
    room.leave();
  };
  const mayStop = (): boolean => failures.length > 0 || stopPulling.reason !== undefined;

  try {
    for await (const item of source) {
      if (mayStop()) break;
      room.enter();
      void run(item);
      while (room.isFull && !mayStop()) await room.changed();
      if (mayStop()) break;
    }
  } catch (error) {
    failures.push(error);
  } finally {
    stopListening();
    stopWatching?.();
    while (!room.isEmpty) await room.changed();
  }
  if (failures.length > 0) throw failures[0];
}

/** Counts who is in and tells the one who waits when that changes. */
class Room {
  readonly #limit: () => number;
  #inside = 0;
  #notify: (() => void) | undefined;

  constructor(limit: number | (() => number)) {
    this.#limit = typeof limit === 'number' ? () => limit : limit;
  }

  get isFull(): boolean {
    return this.#inside >= this.#limit();
  }

  get isEmpty(): boolean {
    return this.#inside === 0;
  }

  enter(): void {
    this.#inside++;
  }

  leave(): void {
    this.#inside--;
    this.wake();
  }

  wake(): void {
    this.#notify?.();
    this.#notify = undefined;
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve;
    });
  }
}
