import type {Exchange} from './exchange.ts';
import {readCall} from './generation/call.ts';
import type {HeaderList, Reply} from './wire/reply.ts';
import type {World} from './world.ts';

/** Where a request came from that a provisioned deployment could not serve, and with what status it refused it. */
export interface SpillOver {
  readonly from: string;
  readonly status: number;
}

const spillingStatuses: ReadonlySet<number> = new Set([429, 500, 503]);

/**
 * Turns an exchange that its provisioned deployment replied to with 429, 500 or 503 over to the standard deployment
 * behind it: the one of its settings, or the one that the request names (`x-ms-spillover-deployment`). Whether it did.
 */
export function spillOver(exchange: Exchange, reply: Reply, world: World): boolean {
  const {call, headers} = exchange;
  if (call?.deployment.provisioned === undefined || reply.kind !== 'whole') return false;
  const asked = headers['x-ms-spillover-deployment'];
  const name = call.deployment.settings.spillover ?? (typeof asked === 'string' ? asked : undefined);
  if (name === undefined || !spillingStatuses.has(reply.status)) return false;
  const deployment = world.findDeployment(name);
  if (deployment === undefined || deployment.provisioned !== undefined) return false;
  exchange.settle?.();
  const {route, apiVersion, body} = call;
  exchange.call = readCall({route, apiVersion, deployment, body, seed: world.seed});
  exchange.spillOver = {from: call.deployment.name, status: reply.status};
  exchange.fault = undefined;
  exchange.cost = undefined;
  exchange.utilization = undefined;
  return true;
}

/** The headers that tell of it, whatever the standard deployment replies. */
export function spillOverHeaders(spill: SpillOver | undefined): HeaderList {
  if (spill === undefined) return [];
  const {from, status} = spill;
  return ['x-ms-spillover-from-deployment', encodeURIComponent(from), 'x-ms-spillover-error', String(status)];
}
