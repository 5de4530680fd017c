import {Counter, Gauge, Histogram, type Registry} from 'prom-client';
import type {ServedRequest} from './access-log.ts';
import {createLabelLimit} from './label-limit.ts';

/** A deployment's calls at this moment. */
export interface DeploymentLoad {
  readonly inFlight: number;
  /** Admitted by nobody yet. */
  readonly waiting: number;
  /** Of several deployments of a model: `serving`, or why it is asked for less. */
  readonly standing?: string | undefined;
}

export interface RollcallMetrics {
  readonly began: (server: string, kind: string) => void;
  readonly ended: (request: ServedRequest) => void;
  /** Shows the load that `read` gives when the metrics are asked for, until the returned function is called. */
  readonly watchDeployment: (name: string, read: () => DeploymentLoad) => () => void;
}

const queueBounds = [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const mostOperations = 50;
const mostDeployments = 500;

/** Counts what OpenTelemetry has no name for: requests of every server, calls to deployments, their retries and their waiting. */
export function createRollcallMetrics(registry: Registry): RollcallMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rollcall_requests_total',
    help: 'Requests answered; status 499 when they were broken off.',
    labelNames: ['server', 'kind', 'operation', 'status'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'rollcall_requests_in_flight',
    help: 'Requests being answered.',
    labelNames: ['server', 'kind'],
    registers,
  });
  const countCalls = createCallMetrics(registry);
  const limitOperation = createLabelLimit(mostOperations);
  return {
    began: (server, kind) => inFlight.inc({server, kind}),
    ended({server, kind, status, notes}) {
      inFlight.dec({server, kind});
      requests.inc({server, kind, operation: limitOperation(notes.operation ?? 'none'), status});
      if (notes.calls !== undefined) countCalls(notes.deployment, notes.calls, notes.queuedMs);
    },
    watchDeployment: createDeploymentGauges(registry),
  };
}

type CountCalls = (deployment: string | undefined, calls: number, queuedMs: number | undefined) => void;

function createCallMetrics(registry: Registry): CountCalls {
  const [registers, labelNames] = [[registry], ['deployment']];
  const calls = new Counter({
    name: 'rollcall_upstream_calls_total',
    help: 'HTTP exchanges with a deployment for requests, failed ones included.',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'rollcall_retries_total',
    help: 'Exchanges after the first of a request.',
    labelNames,
    registers,
  });
  const queue = new Histogram({
    name: 'rollcall_queue_seconds',
    help: 'What a request waited for admission: the limit, a cool-down, back-off.',
    labelNames,
    buckets: queueBounds,
    registers,
  });
  const limit = createLabelLimit(mostDeployments);
  return (name, count, queuedMs) => {
    const deployment = limit(name);
    calls.inc({deployment}, count);
    if (count > 1) retries.inc({deployment}, count - 1);
    if (queuedMs !== undefined) queue.observe({deployment}, queuedMs / 1000);
  };
}

function createDeploymentGauges(registry: Registry): RollcallMetrics['watchDeployment'] {
  const watched = new Map<string, () => DeploymentLoad>();
  const addGauge = (name: string, help: string, pick: (load: DeploymentLoad) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['deployment'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [deployment, read] of watched) this.set({deployment}, pick(read()));
      },
    });
  addGauge('rollcall_deployment_in_flight', 'Calls to a deployment under way.', ({inFlight}) => inFlight);
  addGauge(
    'rollcall_deployment_waiting',
    'Calls that wait for admission to a deployment.',
    ({waiting}) => waiting,
  );
  addGauge(
    'rollcall_deployment_serving',
    'Whether a deployment may be asked: 0 while it is set aside for others of its model.',
    ({standing = 'serving'}) => (standing === 'serving' ? 1 : 0),
  );
  return (name, read) => {
    watched.set(name, read);
    return () => watched.get(name) === read && watched.delete(name);
  };
}
