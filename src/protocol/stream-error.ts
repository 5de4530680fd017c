import type {JsonObject} from '../core/json.ts';

/** An error that arrived inside a stream that began as a success; `error` is the error object as parsed. */
export class StreamError extends Error {
  static {
    StreamError.prototype.name = 'StreamError';
  }

  readonly error: JsonObject;

  constructor(error: JsonObject) {
    super('The stream carried an error.');
    this.error = error;
  }
}
