import {RollcallError} from '../core/errors.ts';
import {asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {getFromHead, type HeadOptions} from './head-client.ts';
import {plainExcerpt} from './plain-excerpt.ts';

/** One of several deployments behind a model of a head server's process. */
export interface DeploymentStatus {
  readonly model: string;
  readonly name: string;
  /** `serving`, or why others are asked before it. */
  readonly state: string;
  readonly inFlight: number;
  readonly waiting: number;
}

/** The deployments of models that have several (`/deployments`, which only our head servers have); none where that is not told. */
export async function askDeployments(options: HeadOptions): Promise<readonly DeploymentStatus[]> {
  try {
    const list: unknown = JSON.parse((await getFromHead('/deployments', options)).text);
    return Array.isArray(list) ? list.filter(isJsonObject).flatMap((each) => readDeployment(each) ?? []) : [];
  } catch (error) {
    if (error instanceof RollcallError || error instanceof SyntaxError) return [];
    throw error;
  }
}

function readDeployment(deployment: JsonObject): DeploymentStatus | undefined {
  const [model, name, state] = ['model', 'name', 'state'].map((key) => asString(deployment[key]));
  if (model === undefined || name === undefined) return undefined;
  return {
    model: plainExcerpt(model),
    name: plainExcerpt(name),
    state: plainExcerpt(state ?? ''),
    inFlight: asNumber(deployment['in_flight']) ?? 0,
    waiting: asNumber(deployment['waiting']) ?? 0,
  };
}
