import type {Exchange} from '../exchange.ts';
import type {Call} from '../generation/call.ts';
import type {Reply} from '../wire/reply.ts';
import type {World} from '../world.ts';
import {overUtilized, type RejectedCall, tooManyRequests} from './rate-limit-replies.ts';
import {provisionedCost, provisionedEstimate, requestCharge} from './request-charge.ts';

/** Layer "rate-limit": charges the deployment's quota or its provisioned throughput, and refuses what that has no room for. */
export function admitCall(call: Call, exchange: Exchange, world: World): Reply | undefined {
  return call.deployment.provisioned === undefined
    ? admitToQuota(call, exchange, world)
    : admitToThroughput(call, exchange, world);
}

function admitToQuota(call: Call, exchange: Exchange, {clock, region}: World): Reply | undefined {
  exchange.cost = requestCharge(call);
  const decision = call.deployment.limiter.admit(clock.monotonic(), exchange.cost);
  if (!decision.admitted) return tooManyRequests(decision, named(call, region));
  exchange.admission = decision;
  return undefined;
}

function admitToThroughput(call: Call, exchange: Exchange, {clock, region}: World): Reply | undefined {
  const {provisioned: limiter, settings} = call.deployment;
  if (limiter === undefined || settings.provisioned === undefined) return undefined;
  const {outputWeight} = settings.provisioned;
  const estimate = provisionedEstimate(call, outputWeight);
  const decision = limiter.admit(clock.monotonic(), estimate);
  exchange.cost = estimate;
  exchange.utilization = decision.utilization;
  if (!decision.admitted) return overUtilized(decision, named(call, region));
  exchange.settle = () => {
    exchange.settle = undefined;
    limiter.settle(clock.monotonic(), estimate, provisionedCost(exchange.generation, outputWeight));
  };
  return undefined;
}

function named({deployment, operation, apiVersion, route}: Call, region: string): RejectedCall {
  const {model} = deployment.settings;
  return {operation, surface: route.surface, apiVersion, model, deployment: deployment.name, region};
}
