import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
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
    const stop = this.#stop;
    return async (params, options) => {
      if (options.isBegun === true) return model(params, options);
      if (stop.reason !== undefined) throw stop.reason;
      const scope = new CancellationSource(options.cancellation);
      const call: FirstCall = {scope, onWire: 0, mayBeCalledOff: true};
      this.#calls.set(params, call);
      const stopListening = stop.onCancel(() => this.#callOff(call));
      try {
        return await model(params, {...options, cancellation: scope});
      } catch (error) {
        // What a call that was called off failed with does not matter.
        const {reason} = this.#stop;
        throw reason !== undefined && scope.reason === reason ? reason : error;
      } finally {
        stopListening();
        scope.release();
        this.#calls.delete(params);
      }
    };
  }

  #callOff({scope, onWire, mayBeCalledOff}: FirstCall): void {
    const {reason} = this.#stop;
    if (reason !== undefined && onWire === 0 && mayBeCalledOff) scope.cancel(reason);
  }
}

interface FirstCall {
  readonly scope: CancellationSource;
  onWire: number;
  /** Not while its fate is open: what was answered, or refused for good, is the caller's. */
  mayBeCalledOff: boolean;
}
