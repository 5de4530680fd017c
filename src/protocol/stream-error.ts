import type {JsonObject} from '../core/json.ts';

/**
 * An error that a reply carried although it began as a success. `error` is the error object as parsed, empty when the
 * service gave no reason; whoever knows the service tells what it means. Its text quotes nothing of it.
 */
export class StreamError extends Error {
  static {
    StreamError.prototype.name = 'StreamError';
  }

  readonly error: JsonObject;
  /** The Responses object that failed, when there is one: it holds the content filter's findings and the usage. */
  readonly response: JsonObject | undefined;

  constructor(error: JsonObject, response?: JsonObject) {
    super('The reply carried an error.');
    this.error = error;
    this.response = response;
  }
}
