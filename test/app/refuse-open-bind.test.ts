import {describe, expect, it} from 'vitest';
import {refuseOpenBind} from '../../src/app/refuse-open-bind.ts';

describe('refuseOpenBind', () => {
  it.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]', '0:0:0:0:0:0:0:1'])(
    'lets a server listen on %s without a token',
    (host) => {
      expect(() => refuseOpenBind(host, undefined)).not.toThrow();
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.7', 'localhost.example', '127.0.0.1.example', '[::]'])(
    'asks for a token for %s',
    (host) => {
      expect(() => refuseOpenBind(host, undefined)).toThrow(
        expect.objectContaining({code: 'ERR_CONFIG'}) as Error,
      );
      expect(() => refuseOpenBind(host, 'token-1')).not.toThrow();
    },
  );
});
