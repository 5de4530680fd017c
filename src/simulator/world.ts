import type {Clock} from '../core/clock.ts';
import type {AnswerKey} from './answers/answer-key.ts';
import type {Credentials} from './checks/authorize.ts';
import {createDeployment, type Deployment} from './generation/deployment.ts';
import type {SimulatorSettings} from './settings/simulator-settings.ts';

/** The simulated resource: what layers may know beside the request itself. */
export interface World {
  readonly clock: Clock;
  readonly seed: number;
  readonly region: string;
  readonly credentials: Credentials;
  readonly apiVersions: ReadonlySet<string>;
  /** Undefined: there is no such deployment. */
  findDeployment(name: string): Deployment | undefined;
  /** The models behind the deployments. */
  models(): readonly string[];
  /** Unix seconds that a reply carries as its birth. */
  created(): number;
}

export interface WorldInput {
  readonly clock: Clock;
  /** Answer keys by the path that the settings name. */
  readonly keys: ReadonlyMap<string, AnswerKey>;
}

// Names that clients make up do not grow memory without end.
const mostUndefined = 1_000;

/** A resource with full quotas, as it is before the first request. */
export function createWorld(settings: SimulatorSettings, {clock, keys}: WorldInput): World {
  const {seed, undefinedDeployment, created} = settings;
  const deployments = new Map(
    [...settings.deployments].map(
      ([name, each]) => [name, createDeployment(name, {seed, settings: each, keys})] as const,
    ),
  );
  const mostDeployments = deployments.size + mostUndefined;
  return {
    clock,
    seed,
    region: settings.region,
    credentials: {
      keys: new Set(settings.keys),
      tokens: new Set(settings.bearerTokens),
      allowAny: settings.allowAnyKey,
    },
    apiVersions: new Set(settings.apiVersions),
    findDeployment(name) {
      const known = deployments.get(name);
      if (known !== undefined || undefinedDeployment === undefined || deployments.size >= mostDeployments)
        return known;
      const made = createDeployment(name, {seed, settings: undefinedDeployment, keys});
      deployments.set(name, made);
      return made;
    },
    models: () => [...deployments.values()].map(({settings: {model}}) => model),
    created: () => (created === 'clock' ? Math.floor(clock.now() / 1_000) : created),
  };
}
