import {systemClock} from '../../src/runtime/clock.ts';
import {openService, type Service, type ServiceOptions} from '../../src/servers/http/open-service.ts';
import type {ServiceRoute} from '../../src/servers/http/service.ts';
import {createTelemetry, type Telemetry} from '../../src/servers/telemetry/telemetry.ts';

export interface TestService extends Service {
  /** Lines of the access log. */
  readonly lines: string[];
  /** What was logged, with its level before it. */
  readonly logged: string[];
  readonly telemetry: Telemetry;
  /** Requests that have come and are not counted as over. */
  inFlight(): number;
}

/** A service on a free port that keeps what it logs. */
export async function openTestService(
  routes: readonly ServiceRoute[],
  options: Partial<ServiceOptions> & {readonly accessLog?: 'human' | 'json'} = {},
): Promise<TestService> {
  const lines: string[] = [];
  const logged: string[] = [];
  const log = (level: string) => (message: string) => void logged.push(`${level} ${message}`);
  const {accessLog = 'json', clock = systemClock} = options;
  const own = createTelemetry({accessLog, writeLine: (line) => lines.push(line), clock});
  let inFlight = 0;
  const telemetry: Telemetry = {
    ...own,
    requestBegan(...names) {
      inFlight += 1;
      own.requestBegan(...names);
    },
    requestEnded(request) {
      inFlight -= 1;
      own.requestEnded(request);
    },
  };
  const service = await openService(
    {
      name: 'policy_model',
      kind: 'model',
      host: '127.0.0.1',
      port: 0,
      telemetry,
      redact: (text) => text,
      logger: {debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error')},
      clock,
      ...options,
    },
    routes,
  );
  return {...service, lines, logged, telemetry, inFlight: () => inFlight};
}
