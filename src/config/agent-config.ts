import {formatPath} from './config-node.ts';
import {flag, integer, jsonList, number, optional, text, withDefault} from './fields.ts';
import {createSection, type KeyTree, type SectionContext} from './section.ts';
import type {TaskServerConfig} from './server-config.ts';
import type {ServerInstance} from './server-instances.ts';
import {reference, type ServerRef} from './server-reference.ts';

/** `responses_api_agents.simple_agent`: asks a model, runs its tools, hands the answer to a judge. */
export interface AgentConfig extends TaskServerConfig {
  /** Undefined: answers are not scored. */
  readonly resourcesServer: ServerRef<'resources_servers'> | undefined;
  readonly modelServer: ServerRef<'responses_api_models'>;
  /** Undefined: until the model stops. */
  readonly maxSteps: number | undefined;
  readonly skipVerification: boolean;
  /** The reward of answers that are not scored; undefined: they have none. */
  readonly skipVerificationReward: number | undefined;
  /** Seconds for one rollout, judging included. */
  readonly rolloutTimeoutS: number;
}

/** What the top of the document says for all agents that say nothing themselves. */
export interface AgentDefaults {
  readonly skipVerification: boolean;
  readonly skipVerificationReward: number | undefined;
}

const section = createSection({
  entrypoint: withDefault(text(), 'app.py'),
  host: optional(text()),
  port: optional(integer(0, 65_535)),
  url: optional(text()),
  domain: optional(text()),
  datasets: withDefault(jsonList(), []),
  resources_server: optional(reference('resources_servers')),
  model_server: reference('responses_api_models'),
  max_steps: optional(integer(1)),
  skip_verification: optional(flag()),
  skip_verification_reward: optional(number()),
  rollout_timeout_s: withDefault(number(0.001), 3600),
});

/** The keys of an agent's settings; a test holds docs/configuration.md to them. @internal */
export const agentKeys: KeyTree = section.keys;

/** Reads an agent's settings. What is wrong is reported; then the result is undefined. */
export function readAgent(
  {name, node, path}: ServerInstance,
  context: SectionContext & {readonly defaultHost: string; readonly agentDefaults: AgentDefaults},
): AgentConfig | undefined {
  const fields = section.read(node, context);
  if (fields === undefined) return undefined;
  const {agentDefaults, defaultHost} = context;
  return {
    ...fields,
    name,
    path: formatPath(path),
    host: fields.host ?? defaultHost,
    skipVerification: fields.skipVerification ?? agentDefaults.skipVerification,
    skipVerificationReward: fields.skipVerificationReward ?? agentDefaults.skipVerificationReward,
  };
}
