import {describeDeploymentFault, describeVersionFault, type WrittenEndpoint} from './azure-address.ts';
import type {ObjectReader} from './object-reader.ts';

/** Which deployment a block of a provider means. */
export interface DeploymentBlock {
  readonly endpoint: WrittenEndpoint;
  /** Undefined: the client's `model`. */
  readonly deployment: string | undefined;
  readonly version: string;
}

/** The longest that names and versions may be. */
export const textLimits = {name: 256, version: 64} as const;

/** The name of a deployment, after a look whether it can be one: it becomes a segment of a path. */
export function checkDeployment(
  block: ObjectReader,
  key: string,
  name: string | undefined,
): string | undefined {
  const fault = name === undefined ? undefined : describeDeploymentFault(name);
  if (fault !== undefined) block.problem(fault.message, {key, hint: fault.hint});
  return name;
}

/** The version, after a look whether it can be one; `key` is the member that says it. */
export function checkVersion(block: ObjectReader, key: string, version: string): string {
  const fault = describeVersionFault(version);
  if (fault !== undefined) block.problem(fault.message, {key, hint: fault.hint});
  return version;
}
