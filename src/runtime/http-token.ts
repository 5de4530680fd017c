import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingHttpHeaders} from 'node:http';
import type {HttpHandler} from './http-server.ts';

/** The handler behind a door that opens to `Authorization: Bearer TOKEN` or `api-key: TOKEN`; others get a 401. */
export function requireToken(token: string, handler: HttpHandler): HttpHandler {
  const expected = digest(token);
  return (request, response) => {
    const given = shownTokens(request.headers);
    if (given.some((each) => timingSafeEqual(digest(each), expected))) {
      handler(request, response);
      return;
    }
    request.resume();
    response.writeHead(401, {'content-type': 'application/json', 'www-authenticate': 'Bearer'});
    response.end(JSON.stringify({error: refusal}));
  };
}

const refusal = {
  message: 'This server wants its token: send it as `Authorization: Bearer` or as `api-key`.',
  type: 'authentication_error',
  code: 'invalid_server_token',
  param: null,
};

function shownTokens({authorization = '', 'api-key': key}: IncomingHttpHeaders): readonly string[] {
  const bearer = /^bearer\s+(.*)$/i.exec(authorization)?.[1]?.trim();
  return [bearer, key].filter((each) => typeof each === 'string');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
