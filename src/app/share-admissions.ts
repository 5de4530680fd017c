import type {AzureEndpoint} from '../azure/endpoint.ts';
import type {Clock} from '../core/clock.ts';
import {type Admission, createAdmission} from '../dispatch/admission.ts';

/** Which deployment a model instance asks, and how many calls at once it allows. */
export interface DeploymentAddress {
  readonly endpoint: AzureEndpoint;
  readonly deployment: string;
  readonly limit: number;
}

/**
 * Gives each address the admission of its deployment and the smallest limit that any instance sets for it: limits and
 * cool-downs are the deployment's, however many instances point at it.
 */
export function shareAdmissions<Address extends DeploymentAddress>(
  addresses: readonly Address[],
  clock: Clock,
): readonly (Address & {readonly admission: Admission})[] {
  const limits = new Map<string, number>();
  for (const address of addresses) {
    const key = keyOf(address);
    limits.set(key, Math.min(address.limit, limits.get(key) ?? address.limit));
  }
  const admissions = new Map<string, Admission>();
  return addresses.map((address) => {
    const key = keyOf(address);
    const limit = limits.get(key) ?? address.limit;
    const admission = admissions.get(key) ?? createAdmission({limit, clock});
    admissions.set(key, admission);
    return {...address, limit, admission};
  });
}

function keyOf({endpoint: {origin, prefix}, deployment}: DeploymentAddress): string {
  return JSON.stringify([origin, prefix, deployment]);
}
