import type {IncomingHttpHeaders} from 'node:http';
import type {Route} from './checks/route.ts';
import type {Call} from './generation/call.ts';
import type {Generation} from './generation/generation.ts';
import type {Admission} from './limits/rate-limiter.ts';
import type {FaultSettings} from './settings/simulator-settings.ts';
import type {SpillOver} from './spill-over.ts';

/** One request on its way down the layers. What a layer finds out it leaves here for those below. */
export interface Exchange {
  /** Its number by arrival, from 1. */
  readonly sequence: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The query's `api-version`. */
  readonly apiVersion: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: larger than the service takes. */
  readonly body: Buffer | undefined;
  route?: Route;
  call?: Call;
  /** Tokens charged, whether admitted or not; of provisioned throughput with the weight of output. */
  cost?: number | undefined;
  admission?: Admission;
  /** Of provisioned throughput, with this request in it; 1 is all of it. */
  utilization?: number | undefined;
  /** To be called when the request is over: corrects the estimate that it was let in with. */
  settle?: (() => void) | undefined;
  /** A provisioned deployment has handed it on. */
  spillOver?: SpillOver;
  fault?: FaultSettings | undefined;
  generation?: Generation;
}
