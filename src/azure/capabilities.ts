import {lowestVersionWith, type VersionedFeature, versionHas} from './api-version.ts';
import type {EndpointStyle} from './endpoint-layout.ts';
import type {FamilyTraits} from './model-family.ts';

/** Which of the service's two APIs carries the model's answers. */
export type UpstreamApi = 'chat' | 'responses';

/** What is known about a deployment before anything is sent. */
export interface DeploymentFacts {
  readonly family: FamilyTraits;
  readonly style: EndpointStyle;
  readonly apiVersion: string | undefined;
  readonly api: UpstreamApi;
}

/** How requests to one deployment are fitted to what it takes: decided once, the same for every call. */
export interface Capabilities {
  readonly api: UpstreamApi;
  readonly tokenLimit: 'max_tokens' | 'max_completion_tokens';
  /** Parameters left out, each with the reason. */
  readonly dropped: ReadonlyMap<string, string>;
  /** A message role that is not understood, and what is said instead. */
  readonly role: {readonly from: string; readonly to: string; readonly reason: string} | undefined;
  readonly streaming: boolean;
  /** Whether a stream can be asked for its token counts. */
  readonly streamUsage: boolean;
  /** Thinks before it answers. */
  readonly reasoning: boolean;
  /** Whether reasoning can travel in the reply, sealed, instead of being kept on the server. */
  readonly encryptedReasoning: boolean;
  /** What will not work although nothing is left out, for people. */
  readonly warnings: readonly string[];
}

const samplingParameters = ['temperature', 'top_p', 'top_logprobs'];
const chatSamplingParameters = ['presence_penalty', 'frequency_penalty', 'logprobs', 'logit_bias'];

/**
 * Decides from the tables of model families and API versions what is renamed and what is left out. Only what changes
 * nothing in the answer, or what the deployment is known to refuse, is left out; the rest is the service's to judge.
 */
export function capabilitiesOf(facts: DeploymentFacts): Capabilities {
  const {family, api} = facts;
  return {
    api,
    tokenLimit: tokenLimitOf(facts),
    dropped: droppedParameters(facts),
    role: roleChange(facts),
    streaming: family.streaming,
    streamUsage: hasFeature(facts, 'stream-usage'),
    reasoning: family.reasoning,
    encryptedReasoning: hasFeature(facts, 'encrypted-reasoning'),
    warnings: warningsOf(facts),
  };
}

/** Foundry's inference API and gateways count their versions their own way. */
function hasFeature({style, apiVersion}: DeploymentFacts, feature: VersionedFeature): boolean {
  return style !== 'deployments' || versionHas(apiVersion, feature);
}

function tokenLimitOf(facts: DeploymentFacts): 'max_tokens' | 'max_completion_tokens' {
  if (facts.style === 'models' || !hasFeature(facts, 'max-completion-tokens')) return 'max_tokens';
  return facts.family.tokenLimit;
}

function droppedParameters(facts: DeploymentFacts): ReadonlyMap<string, string> {
  const {family, api, apiVersion} = facts;
  const dropped = new Map<string, string>();
  const drop = (names: readonly string[], reason: string): void => {
    for (const name of names) dropped.set(name, reason);
  };
  if (family.reasoning) {
    const refused = api === 'chat' ? [...samplingParameters, ...chatSamplingParameters] : samplingParameters;
    drop(refused, `reasoning models (${family.name}) refuse it`);
  }
  if (!family.parallelToolCalls) drop(['parallel_tool_calls'], `${family.name} models have no such choice`);
  if (api === 'responses') {
    drop(['seed'], 'the Responses API has no seed');
    drop(['background'], 'every answer is waited for');
    return dropped;
  }
  if (!hasFeature(facts, 'store-and-metadata')) {
    drop(['store', 'metadata'], `api-version ${apiVersion ?? ''} does not know it`);
  }
  if (!hasFeature(facts, 'parallel-tool-calls')) {
    drop(['parallel_tool_calls'], `api-version ${apiVersion ?? ''} does not know it`);
  }
  return dropped;
}

function roleChange(facts: DeploymentFacts): Capabilities['role'] {
  if (facts.family.reasoning && hasFeature(facts, 'reasoning')) {
    return {from: 'system', to: 'developer', reason: 'reasoning models take one of the two, not both'};
  }
  const knowsDeveloper =
    facts.api === 'responses' || (facts.style !== 'models' && hasFeature(facts, 'reasoning'));
  if (knowsDeveloper) return undefined;
  return {
    from: 'developer',
    to: 'system',
    reason: `api-version ${facts.apiVersion ?? ''} knows no developer role`,
  };
}

function warningsOf(facts: DeploymentFacts): readonly string[] {
  const {family, api, apiVersion} = facts;
  const warnings: string[] = [];
  const needs = (feature: VersionedFeature, what: string): void => {
    if (hasFeature(facts, feature)) return;
    const lowest = lowestVersionWith(feature);
    warnings.push(`${what} from api-version ${lowest} on; ${apiVersion ?? ''} is configured`);
  };
  if (api === 'responses') needs('responses', 'the Responses API exists');
  else if (family.reasoning) needs('reasoning', `${family.name} models work`);
  if (family.responsesOnly && api === 'chat') {
    warnings.push(`${family.name} models answer on the Responses API only`);
  }
  return warnings;
}
