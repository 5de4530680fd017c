import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';

/** Who goes first when there is room: a rollout already begun (its judge, its next turn, its retry), then new ones. */
export type Priority = 'begun' | 'new';

export interface AdmitOptions {
  readonly priority: Priority;
  readonly cancellation: Cancellation;
}

/** Gives the place back. Calling it twice is harmless. */
export type Release = () => void;

/** When a call to a deployment may start. Every door to the deployment asks the same one. */
export interface Admission {
  /** Resolves when there is room, first come first served within a priority; rejects when cancelled while waiting. */
  admit(options: AdmitOptions): Promise<Release>;
  /** Nobody starts before `waitMs` have passed (a cool-down): a longer pause wins over a shorter one. */
  pause(waitMs: number): void;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface AdmissionOptions {
  /** How many calls may be in flight at once, at least 1. */
  readonly limit: number;
  readonly clock: Clock;
}

/** At most `limit` at once, none during a cool-down. Those who wait hold no socket and no timer of their own. */
export function createAdmission({limit, clock}: AdmissionOptions): Admission {
  const queues: Readonly<Record<Priority, Set<() => void>>> = {begun: new Set(), new: new Set()};
  let inFlight = 0;
  let pausedUntil = 0;
  let reopensAt: number | undefined;

  const isOpen = (): boolean => inFlight < limit && clock.monotonic() >= pausedUntil;

  const take = (): Release => {
    inFlight++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      inFlight--;
      admitWaiting();
    };
  };

  const admitWaiting = (): void => {
    while (isOpen()) {
      const queue = queues.begun.size > 0 ? queues.begun : queues.new;
      const [next] = queue;
      if (next === undefined) return;
      queue.delete(next);
      next();
    }
    reopenLater();
  };

  const reopenLater = (): void => {
    const waitMs = pausedUntil - clock.monotonic();
    const nobodyWaits = queues.begun.size + queues.new.size === 0;
    if (waitMs <= 0 || nobodyWaits || reopensAt === pausedUntil) return;
    reopensAt = pausedUntil;
    clock.setTimer(waitMs, () => {
      reopensAt = undefined;
      admitWaiting();
    });
  };

  return {
    admit({priority, cancellation}) {
      if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
      if (isOpen() && queues[priority].size === 0) return Promise.resolve(take());
      return new Promise((resolve, reject) => {
        const start = (): void => {
          stopListening();
          resolve(take());
        };
        const stopListening = cancellation.onCancel((reason) => {
          queues[priority].delete(start);
          reject(reason);
        });
        queues[priority].add(start);
        reopenLater();
      });
    },
    pause(waitMs) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + waitMs);
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return queues.begun.size + queues.new.size;
    },
  };
}
