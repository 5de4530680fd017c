import {RollcallError} from '../core/errors.ts';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1|\[::1\])$/i;

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return loopback.test(host);
}

/** Fails with `ERR_CONFIG` where a server would listen beyond this machine and ask nobody who they are. */
export function refuseOpenBind(host: string, token: string | undefined): void {
  if (token !== undefined || isLoopback(host)) return;
  throw new RollcallError(`listening on ${host} would let in everybody who can reach this machine`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Listen on 127.0.0.1; a server of its own may listen elsewhere with a `server_token` in env.yaml, which its callers send.',
  });
}
