import type {DeploymentUse, LimitChange} from './deployment-use.ts';
import type {JsonObject} from './json.ts';

/** What a run made of a deployment's limits, for machines; null for what there is not. */
export function deploymentUseToJson(use: DeploymentUse): JsonObject {
  return {
    name: use.name,
    limit_requests: use.limitRequests ?? null,
    limit_tokens: use.limitTokens ?? null,
    places: use.places,
    answered: use.answered,
    refused: use.refused,
    saturated_minutes: use.saturatedMinutes,
    use_at_saturation: thousandths(use.useAtSaturation),
    mean_utilization: thousandths(use.meanUtilization),
    reserved_per_used: thousandths(use.reservedPerUsed),
  };
}

/** The same with the history of the limits. */
export function limitHistoryToJson(use: DeploymentUse): JsonObject {
  return {
    ...deploymentUseToJson(use),
    changes: use.changes.map(changeToJson),
    ...(use.changesLeftOut > 0 ? {changes_left_out: use.changesLeftOut} : {}),
  };
}

function changeToJson(change: LimitChange): JsonObject {
  const time = {after_s: thousandths(change.atMs / 1_000)};
  if (!('coolDownMs' in change)) {
    const {limitRequests, limitTokens, places} = change;
    return {
      ...time,
      limit_requests: limitRequests ?? null,
      limit_tokens: limitTokens ?? null,
      places,
    };
  }
  const {coolDownMs, because, refusals} = change;
  return {...time, cool_down_s: thousandths(coolDownMs / 1_000), because: because ?? null, refusals};
}

function thousandths(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1_000) / 1_000;
}
