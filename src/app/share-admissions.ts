import type {AzureEndpoint} from '../azure/endpoint.ts';
import type {Clock} from '../core/clock.ts';
import {createAdmission, type PooledAdmission} from '../dispatch/admission.ts';
import {LimitAccount} from '../dispatch/limit-account.ts';
import {createQuota, type QuotaOptions} from '../dispatch/quota.ts';

/** Which deployment a model instance asks, and how many calls at once it allows. */
export interface DeploymentAddress {
  readonly endpoint: AzureEndpoint;
  readonly deployment: string;
  /** Undefined: what is right is found out. */
  readonly limit: number | undefined;
  /** What it may use of the quota; undefined members: what the service says. */
  readonly quota: QuotaOptions;
}

/** What calls of an instance go through. */
export interface SharedAdmission {
  readonly admission: PooledAdmission;
  /** Calls in flight at most, whatever happens. */
  readonly limit: number;
  /** The limit is only a ceiling for what is found out. */
  readonly isAdaptive: boolean;
  /** What is learnt of its limits. */
  readonly account: LimitAccount;
}

// More than 1,024 only where a quota says that they are needed (dispatch/concurrency.ts).
const adaptiveCeiling = 8_192;

/**
 * Gives each address the admission of its deployment with the smallest limit and quota that any instance sets for it:
 * limits, quota and cool-downs are the deployment's, however many instances point at it.
 */
export function shareAdmissions<Address extends DeploymentAddress>(
  addresses: readonly Address[],
  clock: Clock,
): readonly (Omit<Address, 'limit'> & SharedAdmission)[] {
  const settings = new Map<string, Pick<DeploymentAddress, 'limit' | 'quota'>>();
  for (const address of addresses)
    settings.set(keyOf(address), tighter(address, settings.get(keyOf(address))));
  const shared = new Map<string, SharedAdmission>();
  for (const [key, {limit: fixed, quota}] of settings) {
    const isAdaptive = fixed === undefined;
    const limit = fixed ?? adaptiveCeiling;
    const account = new LimitAccount(clock.monotonic());
    const admission = createAdmission({limit, isAdaptive, quota: createQuota(quota), account, clock});
    shared.set(key, {admission, limit, isAdaptive, account});
  }
  return addresses.flatMap((address) => {
    const admitted = shared.get(keyOf(address));
    return admitted === undefined ? [] : [{...address, ...admitted}];
  });
}

function tighter(
  one: Pick<DeploymentAddress, 'limit' | 'quota'>,
  other: Pick<DeploymentAddress, 'limit' | 'quota'> = one,
): Pick<DeploymentAddress, 'limit' | 'quota'> {
  return {
    limit: smaller(one.limit, other.limit),
    quota: {
      requestsPerMinute: smaller(one.quota.requestsPerMinute, other.quota.requestsPerMinute),
      tokensPerMinute: smaller(one.quota.tokensPerMinute, other.quota.tokensPerMinute),
      isProvisioned: one.quota.isProvisioned ?? other.quota.isProvisioned,
    },
  };
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function keyOf({endpoint: {origin, prefix}, deployment}: DeploymentAddress): string {
  return JSON.stringify([origin, prefix, deployment]);
}
