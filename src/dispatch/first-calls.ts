import {type Cancellation, CancellationSource, throwIfCancelled} from '../core/cancellation.ts';
import {CallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {ModelClient} from '../core/ports.ts';

/**
 * The first calls of rollouts, which are called off when `stop` is cancelled: one that waits, for quota or to be tried again,
 * fails with the reason of `stop` at once, one that is on the wire may end. Nothing has come of such a rollout yet, so that
 * nothing is lost with it.
 */
export class FirstCalls {
  readonly #stop: Cancellation;
  /** By the parameters that are sent, which are an object of each call's own. */
  readonly #calls = new Map<JsonObject, FirstCall>();
  // One for all calls: every rollout makes one, and none is ever called off in most runs.
  #stopListening = (): void => undefined;

  constructor(stop: Cancellation) {
    this.#stop = stop;
  }

  /** Around what calls a deployment: tells when a call is on the wire. */
  onWire(model: ModelClient): ModelClient {
    return async (params, options) => {
      const call = this.#calls.get(params);
      if (call === undefined) return model(params, options);
      call.onWire++;
      call.mayBeCalledOff = false;
      try {
        const reply = await model(params, options);
        call.mayBeCalledOff = false;
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.effect === 'retry') call.mayBeCalledOff = true;
        throw error;
      } finally {
        call.onWire--;
        this.#callOff(call);
      }
    };
  }

  /** Around what admits and repeats such calls: for first calls only. */
  calledOff(model: ModelClient): ModelClient {
    return async (params, options) => {
      if (options.isBegun === true) return model(params, options);
      throwIfCancelled(this.#stop);
      const call = new FirstCall(options.cancellation);
      this.#add(params, call);
      try {
        return await model(params, {cancellation: call});
      } catch (error) {
        // What a call that was called off failed with does not matter.
        const {reason} = this.#stop;
        throw reason !== undefined && call.reason === reason ? reason : error;
      } finally {
        this.#remove(params);
      }
    };
  }

  #add(params: JsonObject, call: FirstCall): void {
    if (this.#calls.size === 0) {
      this.#stopListening = this.#stop.onCancel(() => {
        for (const each of [...this.#calls.values()]) this.#callOff(each);
      });
    }
    this.#calls.set(params, call);
  }

  #remove(params: JsonObject): void {
    this.#calls.delete(params);
    if (this.#calls.size === 0) this.#stopListening();
  }

  #callOff(call: FirstCall): void {
    const {reason} = this.#stop;
    if (reason !== undefined && call.onWire === 0 && call.mayBeCalledOff) call.cancel(reason);
  }
}

/** A first call, and the cancellation that it is made with: its rollout's, or its own. */
class FirstCall implements Cancellation {
  onWire = 0;
  /** Not while its fate is open: what was answered, or refused for good, is the caller's. */
  mayBeCalledOff = true;
  readonly #rollout: Cancellation;
  #own: CancellationSource | undefined;

  constructor(rollout: Cancellation) {
    this.#rollout = rollout;
  }

  get reason(): Error | undefined {
    return this.#own?.reason ?? this.#rollout.reason;
  }

  onCancel(listener: (reason: Error) => void): () => void {
    const {reason: already} = this;
    if (already !== undefined) {
      listener(already);
      return () => undefined;
    }
    this.#own ??= new CancellationSource();
    const leaves = [this.#rollout.onCancel(tellOnce), this.#own.onCancel(tellOnce)];
    function leave(): void {
      for (const each of leaves) each();
    }
    function tellOnce(reason: Error): void {
      leave();
      listener(reason);
    }
    return leave;
  }

  cancel(reason: Error): void {
    this.#own ??= new CancellationSource();
    this.#own.cancel(reason);
  }
}
