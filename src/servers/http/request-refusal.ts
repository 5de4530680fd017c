import type {ServiceErrorBody} from './service.ts';

export interface RefusalOptions {
  readonly status: number;
  readonly code: string;
  /** `invalid_request_error` unless said. */
  readonly type?: string | undefined;
  readonly param?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown by a server or a route to answer a request with an error of the client's making. */
export class RequestRefusal extends Error {
  static {
    RequestRefusal.prototype.name = 'RequestRefusal';
  }

  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ServiceErrorBody;

  constructor(
    message: string,
    {status, code, type = 'invalid_request_error', param, headers = {}}: RefusalOptions,
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.body = {error: {message, type, code, param: param ?? null}};
  }
}
