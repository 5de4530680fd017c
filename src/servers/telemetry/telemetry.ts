import {collectDefaultMetrics, Registry} from 'prom-client';
import type {Clock} from '../../core/clock.ts';
import {
  type AccessLine,
  type AccessLogFormat,
  humanAccessLine,
  jsonAccessLine,
  type ServedRequest,
} from './access-log.ts';
import {createGenAiMetrics} from './metrics-genai.ts';
import {createRollcallMetrics, type DeploymentLoad} from './metrics-rollcall.ts';

export interface TelemetryOptions {
  readonly accessLog: AccessLogFormat;
  /** Takes one finished line of the access log, without its newline. */
  readonly writeLine: (line: string) => void;
  readonly clock: Clock;
  /** Adds the process's own figures (memory, CPU, event loop); they keep a monitor of the event loop running. */
  readonly processMetrics?: boolean | undefined;
}

/** What all servers of a process report to: one set of metrics, one access log. */
export interface Telemetry {
  requestBegan(server: string, kind: string): void;
  /** To be called once for each request that began, when its last byte has passed. */
  requestEnded(request: ServedRequest): void;
  /** Shows a deployment's load in the metrics, until the returned function is called. */
  watchDeployment(name: string, read: () => DeploymentLoad): () => void;
  /** The metrics in Prometheus' text format. */
  exposition(): Promise<{readonly contentType: string; readonly text: string}>;
}

/** The telemetry of a process. Every call makes its own registry: nothing is shared through the library. */
export function createTelemetry({
  accessLog,
  writeLine,
  clock,
  processMetrics = false,
}: TelemetryOptions): Telemetry {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({register: registry});
  const countGenAi = createGenAiMetrics(registry);
  const rollcall = createRollcallMetrics(registry);
  const lineOf = lines[accessLog];
  return {
    requestBegan: rollcall.began,
    requestEnded(request) {
      rollcall.ended(request);
      countGenAi(request);
      if (lineOf !== undefined) writeLine(lineOf(request, clock.now()));
    },
    watchDeployment: rollcall.watchDeployment,
    exposition: async () => ({contentType: registry.contentType, text: await registry.metrics()}),
  };
}

const lines: Readonly<Record<AccessLogFormat, AccessLine | undefined>> = {
  human: humanAccessLine,
  json: jsonAccessLine,
  none: undefined,
};
