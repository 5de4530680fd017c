import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError, CancelledError} from '../core/errors.ts';
import type {Exchange, LostCopy} from './dispatcher.ts';
import type {PooledPlace} from './pool-member.ts';

export interface RaceSettings {
  readonly clock: Clock;
  /** A copy has failed while another runs; its place is to be given back. */
  readonly onCopyFailed: (place: PooledPlace, error: CallError) => void;
}

/** How a race ended; the place is that of the copy that counts, and still held. */
export type RaceEnd<T> = {readonly place: PooledPlace} & (
  | {readonly value: T; readonly tookMs: number; readonly lost: LostCopy | undefined}
  | {readonly error: unknown}
);

interface Copy {
  readonly place: PooledPlace;
  readonly scope: CancellationSource;
  readonly startedMs: number;
}

/** Copies of one exchange, of which the first answer counts. */
export class Race<T> {
  readonly #exchange: Exchange<T>;
  readonly #cancellation: Cancellation;
  readonly #settings: RaceSettings;
  readonly #running = new Set<Copy>();
  readonly #ended: Promise<RaceEnd<T>>;
  #end: (end: RaceEnd<T>) => void = () => undefined;
  #isOver = false;

  constructor(exchange: Exchange<T>, cancellation: Cancellation, settings: RaceSettings) {
    this.#exchange = exchange;
    this.#cancellation = cancellation;
    this.#settings = settings;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Sends a copy from a place; resolves, and never rejects, when the race is over. */
  start(place: PooledPlace): Promise<RaceEnd<T>> {
    const scope = new CancellationSource(this.#cancellation);
    const copy: Copy = {place, scope, startedMs: this.#settings.clock.monotonic()};
    this.#running.add(copy);
    void this.#run(copy);
    return this.#ended;
  }

  async #run(copy: Copy): Promise<void> {
    const {place, scope} = copy;
    try {
      const value = await this.#exchange({cancellation: scope, member: place.member});
      this.#leave(copy);
      if (this.#isOver) place.release();
      else this.#win(copy, value);
    } catch (error) {
      this.#leave(copy);
      if (this.#isOver) place.release();
      else this.#fail(place, error);
    }
  }

  #leave(copy: Copy): void {
    copy.scope.release();
    this.#running.delete(copy);
  }

  #win({place, startedMs}: Copy, value: T): void {
    const nowMs = this.#settings.clock.monotonic();
    const [loser] = this.#running;
    const lost: LostCopy | undefined = loser && {member: loser.place.member, tookMs: nowMs - loser.startedMs};
    this.#finish({place, value, tookMs: nowMs - startedMs, lost});
  }

  #fail(place: PooledPlace, error: unknown): void {
    const isOfCall = error instanceof CallError && this.#cancellation.reason === undefined;
    if (isOfCall && this.#running.size > 0) this.#settings.onCopyFailed(place, error);
    else this.#finish({place, error});
  }

  #finish(end: RaceEnd<T>): void {
    this.#isOver = true;
    for (const {scope} of this.#running) scope.cancel(new CancelledError('another copy was answered first'));
    this.#end(end);
  }
}
