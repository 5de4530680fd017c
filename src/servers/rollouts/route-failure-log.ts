import type {CallError} from '../../core/errors.ts';
import type {Logger} from '../../core/ports.ts';

/** Tells the log of failures that every call will share (credentials, a deployment, a host that is gone), once until a call succeeds. */
export interface FailureLog {
  failed(error: CallError): void;
  succeeded(): void;
}

/** A log for one server's upstream; other failures are in the replies and in the access log. */
export function createFailureLog(serverName: string, logger: Logger): FailureLog {
  const told = new Set<string>();
  return {
    failed({effect, unreachable, code, message, hint}) {
      if ((effect !== 'run' && !unreachable) || told.has(code)) return;
      told.add(code);
      logger.error(`${serverName}: ${message}${hint === undefined ? '' : ` ${hint}`} (${code})`);
    },
    succeeded: () => told.clear(),
  };
}
