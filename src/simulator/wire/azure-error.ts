import {jsonReply, type WholeReply} from './reply.ts';

/** What the service puts in `error`, beside the message. */
export interface AzureErrorFields {
  readonly code: string | null;
  readonly type?: string | null;
  readonly param?: string | null;
}

/** `{"error":{"code","message",…}}`: members that are not given are left out, as the service does. */
export function azureError(
  status: number,
  message: string,
  {code, type, param}: AzureErrorFields,
): WholeReply {
  const error = {
    message,
    ...(type === undefined ? {} : {type}),
    ...(param === undefined ? {} : {param}),
    code,
  };
  return jsonReply(status, {error});
}

/** A 400 of the model's own parameter checks. */
export function invalidRequest(
  message: string,
  param: string | null,
  code: string | null = null,
): WholeReply {
  return azureError(400, message, {type: 'invalid_request_error', param, code});
}

/** A 400 of the service around the model. */
export function badRequest(message: string): WholeReply {
  return azureError(400, message, {code: 'BadRequest'});
}

/** The 404 of a path or version that nothing answers to. */
export function resourceNotFound(): WholeReply {
  return azureError(404, 'Resource not found', {code: '404'});
}

/** The 413 of a body beyond what the gateway takes. */
export function tooLarge(): WholeReply {
  return azureError(413, 'Maximum content size limit (26214400) exceeded', {code: 'RequestEntityTooLarge'});
}

/** The gateway's shape, without an `error` member. */
export function gatewayError(status: number, message: string): WholeReply {
  return jsonReply(status, {statusCode: status, message});
}
