import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingHttpHeaders} from 'node:http';
import type {HttpHandler} from './http-server.ts';

/** Whether a request's headers show the token, as `Authorization: Bearer TOKEN` or as `api-key: TOKEN`. Takes as long for a wrong token as for a right one. */
export function tokenCheck(token: string): (headers: IncomingHttpHeaders) => boolean {
  const expected = digest(token);
  return (headers) => shownTokens(headers).some((each) => timingSafeEqual(digest(each), expected));
}

/** What is answered to a request without the token, beside its status 401. */
export const tokenRefusal: {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: null;
} = {
  message: 'This server wants its token: send it as `Authorization: Bearer` or as `api-key`.',
  type: 'authentication_error',
  code: 'invalid_server_token',
  param: null,
};

/** The handler behind a door that opens to those who show the token; others get a 401. */
export function requireToken(token: string, handler: HttpHandler): HttpHandler {
  const showsToken = tokenCheck(token);
  return (request, response) => {
    if (showsToken(request.headers)) {
      handler(request, response);
      return;
    }
    request.resume();
    response.writeHead(401, {'content-type': 'application/json', 'www-authenticate': 'Bearer'});
    response.end(JSON.stringify({error: tokenRefusal}));
  };
}

function shownTokens({authorization = '', 'api-key': key}: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim();
  return [bearer, key].filter((each) => typeof each === 'string');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
